package io.headrace.command.platform.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.headrace.command.platform.dispatch.Aggregates;
import io.headrace.command.platform.dispatch.CommandRequest;
import io.headrace.events.platform.EventJson;
import io.quarkus.logging.Log;
import io.smallrye.faulttolerance.api.Guard;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Sends commands to contexts that other deployments serve, as any client does. Blocking.
 *
 * <p><b>Exactly once.</b> Each command has an idempotency key, and its receiver remembers the
 * answer together with the events: however often it is sent, it takes effect once. So whatever is
 * no clear answer may be asked for again, and is; that is the caller's part, as are the pauses in
 * between and the limit of how many are on their way.
 */
@ApplicationScoped
class RemoteCommands {

  /**
   * What a receiver has made of a command.
   *
   * @param name for the metric
   * @param fault why it can never be dealt with; null if it was
   */
  record Answer(String name, @Nullable String fault) {}

  /** Nobody has dealt with the command; sent again, it may well be. */
  static final class NoAnswerException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    NoAnswerException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private static final String REJECTION = "urn:headrace:rejection:";
  private static final String PROBLEM = "urn:headrace:problem:";

  /** What the headers of a command can hold. */
  private static final Pattern VISIBLE = Pattern.compile("[\\x21-\\x7e]{1,255}");

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final int CIRCUIT_VOLUME = 10;
  private static final double CIRCUIT_RATIO = 0.5;

  private final Aggregates aggregates;
  private final Map<String, URI> urls;
  private final Duration timeout;
  private final HttpClient client;
  private final Map<URI, Guard> guards = new ConcurrentHashMap<>();

  /**
   * @throws IllegalStateException if there is an address of a context that there is not
   */
  RemoteCommands(Aggregates aggregates, RemoteConfig config, ProcessConfig processes) {
    this.aggregates = aggregates;
    this.urls = Map.copyOf(config.urls());
    this.timeout = processes.timeout();
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIMEOUT)
            .build();
    urls.forEach(
        (context, url) -> {
          if (!aggregates.contexts().contains(context) && !aggregates.isElsewhere(context)) {
            throw new IllegalStateException(
                "%s is the address of the context '%s', which this build does not have"
                    .formatted(variable(context), context));
          }
          if (!"http".equals(url.getScheme()) && !"https".equals(url.getScheme())) {
            throw new IllegalStateException(
                "%s must be the URL of a command service, such as http://%s:8080, not '%s'"
                    .formatted(variable(context), context, url));
          }
        });
  }

  private static String variable(String context) {
    return "HEADRACE_COMMAND_URLS__" + context.toUpperCase(Locale.ROOT) + "_";
  }

  /** Whether commands of the context go to another deployment. */
  boolean serve(String context) {
    return aggregates.isElsewhere(context);
  }

  /**
   * @throws NoAnswerException if it is to be sent again
   */
  Answer send(CommandRequest command) {
    URI base = urls.get(command.context());
    if (base == null) {
      throw new NoAnswerException(
          "the context '%s' is served by another deployment, and %s does not say where"
              .formatted(command.context(), variable(command.context())),
          null);
    }
    HttpRequest request;
    try {
      request = request(base, command);
    } catch (IllegalArgumentException e) {
      return new Answer("invalid", "cannot be sent: " + e.getMessage());
    }
    return judge(base, command, exchange(base, request));
  }

  private HttpRequest request(URI base, CommandRequest command) {
    String root = base.toString();
    URI target =
        URI.create(
            "%s/%s/%s/%s/%s"
                .formatted(
                    root.endsWith("/") ? root.substring(0, root.length() - 1) : root,
                    command.context(),
                    command.collection(),
                    command.id(),
                    command.command()));
    HttpRequest.Builder request =
        HttpRequest.newBuilder(target)
            .timeout(timeout)
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, application/problem+json")
            .POST(BodyPublishers.ofString(command.body().toString(), StandardCharsets.UTF_8));
    Map<String, @Nullable String> headers = new TreeMap<>();
    headers.put("Idempotency-Key", command.idempotencyKey());
    headers.put("X-Correlation-ID", command.metadata().correlationId());
    headers.put("X-Causation-ID", command.metadata().causationId());
    headers.put("traceparent", command.metadata().traceparent());
    headers.forEach(
        (name, value) -> {
          // What a header cannot hold comes from a foreign event; the command is none the worse.
          if (value != null && VISIBLE.matcher(value).matches()) {
            request.header(name, value);
          } else if (name.equals("Idempotency-Key")) {
            throw new IllegalArgumentException("no header can hold its idempotency key " + value);
          }
        });
    return request.build();
  }

  /**
   * @param body of no meaning if it is no JSON
   */
  private record Response(int status, boolean replayed, JsonNode body) {

    static Response of(HttpResponse<byte[]> response) {
      JsonNode body;
      try {
        body = EventJson.mapper().readTree(response.body());
      } catch (IOException e) {
        body = MissingNode.getInstance();
      }
      return new Response(
          response.statusCode(),
          response.headers().firstValue("Idempotency-Replayed").isPresent(),
          body);
    }

    String type() {
      return body.path("type").asText("");
    }

    String detail() {
      return body.path("detail").asText("");
    }
  }

  private Response exchange(URI base, HttpRequest request) {
    try {
      return guards
          .computeIfAbsent(base, RemoteCommands::guard)
          .call(
              () -> {
                Response response = Response.of(client.send(request, BodyHandlers.ofByteArray()));
                if (response.status >= 500 && !response.type().equals(PROBLEM + "defect")) {
                  throw new IOException(
                      "it answers %d %s".formatted(response.status, response.detail()));
                }
                return response;
              },
              Response.class);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Backoff.StoppingException();
    } catch (Exception e) {
      throw new NoAnswerException("the command service at %s: %s".formatted(base, e), e);
    }
  }

  /** A service that is away is left alone for a second, rather than asked by every process. */
  private static Guard guard(URI base) {
    return Guard.create()
        .withDescription("commands to " + base)
        .withCircuitBreaker()
        .requestVolumeThreshold(CIRCUIT_VOLUME)
        .failureRatio(CIRCUIT_RATIO)
        .delay(1, ChronoUnit.SECONDS)
        .done()
        .build();
  }

  /** Somebody has guessed the key; to take that for ours would drop the command in silence. */
  static String foreignKey(@Nullable String key) {
    return "is refused: its idempotency key %s was used by another command, of another stream"
        .formatted(key);
  }

  private static Answer judge(URI base, CommandRequest command, Response response) {
    int status = response.status;
    if (status == 200 || status == 201) {
      return new Answer(response.replayed ? "replayed" : "accepted", null);
    }
    String type = response.type();
    String detail = response.detail();
    if (status == 422 && type.startsWith(REJECTION)) {
      Log.infof(
          "%s of %s/%s/%s is rejected: %s",
          command.command(), command.context(), command.collection(), command.id(), type);
      return new Answer(response.replayed ? "replayed" : "rejected", null);
    }
    // Only what a command service has said for certain is final. All else (a gateway's 404, a
    // login that is missing, a service without the context) is a matter of the installation, and
    // is waited for: once it is mended, the order is still kept.
    return switch (type) {
      case PROBLEM + "idempotency-key-reused" ->
          new Answer(
              "key-reused",
              response.body.path("sameStream").asBoolean(true)
                  ? null
                  : foreignKey(command.idempotencyKey()));
      case PROBLEM + "invalid-request" -> new Answer("invalid", "is invalid: " + detail);
      case PROBLEM + "not-found" -> new Answer("unknown", "has no receiver there: " + detail);
      case PROBLEM + "event-too-large", PROBLEM + "body-too-large" ->
          new Answer("too-large", "is too large: " + detail);
      case PROBLEM + "defect" ->
          new Answer(
              "defect", "met a defect there, incident " + response.body.path("incident").asText());
      default ->
          throw new NoAnswerException(
              "the command service at %s answers %d %s".formatted(base, status, detail), null);
    };
  }
}
