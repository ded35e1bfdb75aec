package io.headrace.systemtests.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One service's HTTP API, called as a patient client would: what is down, overloaded or cut off is
 * tried again until the patience for this one request is used up. Safe because every command
 * carries an idempotency key. Blocking; meant for virtual threads, and safe for any number of them.
 */
public final class Api implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);
  private static final long FIRST_PAUSE_MILLIS = 50;
  private static final long LONGEST_PAUSE_MILLIS = 1_000;
  // 503 down or overloaded, 429 too many, 502 and 504 from a proxy in between.
  private static final Set<Integer> TRY_AGAIN = Set.of(429, 502, 503, 504);

  private final URI base;
  private final Duration patience;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final LongAdder retries = new LongAdder();

  public Api(URI base, Duration patience) {
    this.base = base;
    this.patience = patience;
  }

  /**
   * @param etag without its quotes
   */
  public record Answer(int status, JsonNode body, @Nullable String etag) {}

  /** The patience is used up; the message says with what. */
  public static final class GaveUpException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    GaveUpException(String message) {
      super(message);
    }
  }

  public Answer get(String path) throws InterruptedException {
    return patiently(HttpRequest.newBuilder(base.resolve(path)).GET());
  }

  public Answer post(Command command) throws InterruptedException {
    return patiently(
        HttpRequest.newBuilder(base.resolve(command.path()))
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", command.idempotencyKey())
            .POST(BodyPublishers.ofString(json(command.body()))));
  }

  /** How often a request had to be sent again. */
  public long retries() {
    return retries.sum();
  }

  private Answer patiently(HttpRequest.Builder builder) throws InterruptedException {
    HttpRequest request =
        builder.header("Accept", "application/json").timeout(REQUEST_TIMEOUT).build();
    long giveUpAt = System.nanoTime() + patience.toNanos();
    long pause = FIRST_PAUSE_MILLIS;
    while (true) {
      String trouble;
      try {
        HttpResponse<byte[]> response = http.send(request, BodyHandlers.ofByteArray());
        if (!TRY_AGAIN.contains(response.statusCode())) {
          return answer(response);
        }
        trouble = "status " + response.statusCode() + " " + new String(response.body());
      } catch (IOException e) {
        trouble = e.toString();
      }
      if (System.nanoTime() >= giveUpAt) {
        throw new GaveUpException(
            "%s %s did not answer for %d s; last: %s"
                .formatted(request.method(), request.uri(), patience.toSeconds(), trouble));
      }
      retries.increment();
      Thread.sleep(ThreadLocalRandom.current().nextLong(pause / 2, pause + 1));
      pause = Math.min(LONGEST_PAUSE_MILLIS, pause * 2);
    }
  }

  private static Answer answer(HttpResponse<byte[]> response) {
    String etag =
        response.headers().firstValue("ETag").map(value -> value.replace("\"", "")).orElse(null);
    return new Answer(response.statusCode(), parse(response.body()), etag);
  }

  private static JsonNode parse(byte[] body) {
    try {
      return JSON.readTree(body);
    } catch (IOException _) {
      // Not an answer of ours; its text still helps whoever reads the report.
      return JSON.getNodeFactory().textNode(new String(body));
    }
  }

  private static String json(Object body) {
    try {
      return JSON.writeValueAsString(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
