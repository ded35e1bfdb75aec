package io.headrace.command.platform.http;

import io.quarkus.runtime.configuration.MemorySize;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Reads the body of a request on its event loop, up to the limit. JAX-RS would take a body of more
 * than a few kilobytes to a worker thread, and would answer one without a {@code Content-Length}
 * that turns out too long with no content.
 */
@Singleton
class Bodies {

  /**
   * How long the rest of a body that was refused is thrown away before the connection is closed.
   */
  private static final Duration DRAIN = Duration.ofSeconds(5);

  private final long limit;

  Bodies(
      @ConfigProperty(name = "quarkus.http.limits.max-body-size", defaultValue = "1M")
          MemorySize limit) {
    this.limit = limit.asLongValue();
  }

  long limit() {
    return limit;
  }

  /**
   * @return fails with a {@link ProblemException} (413) when the body is over the limit, and never
   *     completes when the client goes away before it has sent all
   */
  CompletionStage<byte[]> read(RoutingContext routing) {
    var reading = new Reading(routing, limit);
    reading.start();
    return reading.whole;
  }

  /** Tells a client that waits for it to go on. */
  static void letSend(RoutingContext routing) {
    String expected = routing.request().getHeader(HttpHeaders.EXPECT);
    if (expected != null && expected.equalsIgnoreCase("100-continue")) {
      routing.response().writeContinue();
    }
  }

  private static final class Reading {

    private final RoutingContext routing;
    private final long limit;
    private final CompletableFuture<byte[]> whole = new CompletableFuture<>();
    private Buffer body = Buffer.buffer();
    private boolean refused;

    Reading(RoutingContext routing, long limit) {
      this.routing = routing;
      this.limit = limit;
    }

    void start() {
      HttpServerRequest request = routing.request();
      if (request.isEnded()) {
        whole.complete(new byte[0]);
        return;
      }
      letSend(routing);
      request.handler(this::take);
      request.endHandler(
          end -> {
            if (!refused) {
              whole.complete(body.getBytes());
            }
          });
      request.resume();
    }

    private void take(Buffer chunk) {
      if (refused) {
        return;
      }
      if (body.length() + (long) chunk.length() <= limit) {
        // Most bodies come in one piece.
        body = body.length() == 0 ? chunk : body.appendBuffer(chunk);
        return;
      }
      refused = true;
      // Closed at once, the connection could take the answer with it.
      routing
          .vertx()
          .setTimer(
              DRAIN.toMillis(),
              late -> {
                if (!routing.request().isEnded()) {
                  routing.request().connection().close();
                }
              });
      whole.completeExceptionally(new ProblemException(BodyLimit.problem()));
    }
  }
}
