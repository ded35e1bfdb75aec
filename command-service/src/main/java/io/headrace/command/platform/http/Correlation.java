package io.headrace.command.platform.http;

import io.headrace.events.platform.EventMetadata;
import io.vertx.ext.web.RoutingContext;

/** Tells the client the correlation id on every answer from here on, problems too. */
final class Correlation {

  private Correlation() {}

  static void answer(RoutingContext routing, EventMetadata metadata) {
    String id = metadata.correlationId();
    if (id != null) {
      routing.response().putHeader(RequestHeaders.CORRELATION_ID, id);
    }
  }
}
