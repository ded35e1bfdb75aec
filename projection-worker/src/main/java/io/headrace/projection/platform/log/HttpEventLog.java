package io.headrace.projection.platform.log;

import io.headrace.events.platform.RecordedEvent;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code GET /log} and {@code GET /log/streams/{id}} of one command service, both NDJSON. */
public final class HttpEventLog implements EventLog {

  private static final int BUFFER = 1 << 16;

  private final URI command;
  private final HttpClient client;
  private final Protection protection;
  private final Duration answerTimeout;
  private final Duration silenceTimeout;

  /** What stands between a call and the other side: timeout, retry, circuit breaker, bulkhead. */
  public interface Protection {
    <T> T call(Class<T> type, Callable<T> call) throws Exception;

    /** None. */
    static Protection none() {
      return new Protection() {
        @Override
        public <T> T call(Class<T> type, Callable<T> call) throws Exception {
          return call.call();
        }
      };
    }
  }

  /**
   * @param command the base URL of the command service
   * @param answerTimeout how long an answer may take to begin
   * @param silenceTimeout how long it may be silent in the middle
   */
  public HttpEventLog(
      URI command, Protection protection, Duration answerTimeout, Duration silenceTimeout) {
    this.command = command;
    this.protection = protection;
    this.answerTimeout = answerTimeout;
    this.silenceTimeout = silenceTimeout;
    this.client =
        HttpClient.newBuilder()
            // A client of HTTP/2 reads ahead as far as its window goes.
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(answerTimeout)
            .build();
  }

  @Override
  public List<RecordedEvent> stream(String context, String streamId, long afterVersion, int limit)
      throws LogUnavailableException {
    List<RecordedEvent> events = new ArrayList<>();
    String path = "/log/streams/%s?after=%d".formatted(encode(streamId), afterVersion);
    read(
        path,
        (event, place) -> {
          events.add(event);
          return events.size() < limit;
        });
    for (RecordedEvent each : events) {
      if (!each.streamId().equals(streamId)) {
        throw new LogUnavailableException(
            "asked for stream %s, the event log answers with %s".formatted(streamId, each.id()));
      }
    }
    return events;
  }

  @Override
  public void read(Set<String> contexts, @Nullable String place, Reader reader)
      throws LogUnavailableException {
    String query =
        new TreeSet<>(contexts)
            .stream().map(each -> "context=" + encode(each)).collect(Collectors.joining("&"));
    read("/log?" + query + (place == null ? "" : "&after=" + encode(place)), reader);
  }

  private void read(String path, Reader reader) throws LogUnavailableException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(withoutSlash(command.toString()) + path))
            .timeout(answerTimeout)
            .header("Accept", "application/x-ndjson")
            .build();
    try (InputStream body = open(request);
        Watchdog watchdog = new Watchdog(body, silenceTimeout)) {
      readLines(new BufferedInputStream(watchdog, BUFFER), reader);
    } catch (IOException e) {
      throw new LogUnavailableException("the event log broke off: " + e, e);
    }
  }

  private InputStream open(HttpRequest request) throws LogUnavailableException {
    try {
      return protection.call(InputStream.class, () -> send(request));
    } catch (LogUnavailableException e) {
      throw e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LogUnavailableException("interrupted", e);
    } catch (Exception e) {
      throw new LogUnavailableException("the command service does not answer: " + e, e);
    }
  }

  private InputStream send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
    if (response.statusCode() != 200) {
      try (InputStream body = response.body()) {
        throw new IOException(
            "%s answers %d %s"
                .formatted(
                    request.uri(),
                    response.statusCode(),
                    new String(body.readNBytes(500), StandardCharsets.UTF_8)));
      }
    }
    return response.body();
  }

  private static void readLines(InputStream in, Reader reader)
      throws IOException, LogUnavailableException {
    LogLine parser = new LogLine();
    ByteArrayOutputStream rest = new ByteArrayOutputStream();
    byte[] buffer = new byte[BUFFER];
    long events = 0;
    int filled;
    while ((filled = in.read(buffer)) >= 0) {
      int start = 0;
      for (int i = 0; i < filled; i++) {
        if (buffer[i] != '\n') {
          continue;
        }
        byte[] line;
        if (rest.size() == 0) {
          line = Arrays.copyOfRange(buffer, start, i);
        } else {
          rest.write(buffer, start, i - start);
          line = rest.toByteArray();
          rest.reset();
        }
        start = i + 1;
        LogLine.Read read = parser.read(line);
        if (read.end()) {
          if (read.events() != events) {
            throw new LogUnavailableException(
                "the event log says that it ends after %d events, and has given %d"
                    .formatted(read.events(), events));
          }
          return;
        }
        events++;
        if (!reader.event(read.event(), read.place())) {
          return;
        }
      }
      rest.write(buffer, start, filled - start);
    }
    throw new LogUnavailableException("the event log broke off after %d events".formatted(events));
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static String withoutSlash(String url) {
    return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
  }
}
