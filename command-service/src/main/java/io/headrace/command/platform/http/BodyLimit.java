package io.headrace.command.platform.http;

import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Refuses a body over the limit with a problem, before it is read. Quarkus' own refusal, which has
 * no content, stays behind this one.
 */
@ApplicationScoped
class BodyLimit {

  /** Ahead of Quarkus' own handlers. */
  private static final int FIRST = Integer.MAX_VALUE;

  private final long limit;

  BodyLimit(
      @ConfigProperty(name = "quarkus.http.limits.max-body-size", defaultValue = "1M")
          MemorySize limit) {
    this.limit = limit.asLongValue();
  }

  void register(@Observes Filters filters) {
    filters.register(this::check, FIRST);
  }

  private void check(RoutingContext routing) {
    if (BatchRoute.PATH.equals(routing.request().path())) {
      // A stream is read line by line, and each line has the limit. The server has framed the body
      // by now; without the header nobody behind takes offence at its length.
      routing.request().headers().remove(HttpHeaders.CONTENT_LENGTH);
    }
    String length = routing.request().getHeader(HttpHeaders.CONTENT_LENGTH);
    if (length != null && tooLong(length)) {
      routing
          .response()
          .setStatusCode(413)
          .putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE)
          .putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE)
          .end(Buffer.buffer(problem().json()));
    } else {
      routing.next();
    }
  }

  private boolean tooLong(String length) {
    try {
      return Long.parseLong(length) > limit;
    } catch (NumberFormatException e) {
      return true; // the server refuses such a request anyway
    }
  }

  static Problem problem() {
    return Problem.of(
        413,
        "body-too-large",
        "The body is too large.",
        "The body of a request must not be larger than the service's limit"
            + " (quarkus.http.limits.max-body-size). Nothing was stored.");
  }
}
