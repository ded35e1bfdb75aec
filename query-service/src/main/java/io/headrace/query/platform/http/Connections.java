package io.headrace.query.platform.http;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;

/** What Vert.x has no way of its own for. */
final class Connections {

  private Connections() {}

  /**
   * Ends the answer to a client that does not read, and all that waits for it: of HTTP/1 with the
   * connection, at once. Vert.x' own reset closes it when everything has been sent, which such a
   * client never lets happen.
   */
  static void cut(HttpServerRequest request) {
    if (request.version() != HttpVersion.HTTP_2
        && request.connection() instanceof ConnectionBase connection) {
      connection.channelHandlerContext().close();
    } else {
      request.response().reset();
    }
  }
}
