package io.headrace.query.platform.graphql;

import io.headrace.query.platform.live.LiveFeeds;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quarkus.vertx.http.runtime.filters.QuarkusRequestWrapper;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.lang.reflect.Method;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * The WebSockets of subscriptions, which must not keep the service from stopping.
 *
 * <p>Quarkus waits for requests in work when it stops, and takes what became a WebSocket for one
 * for ever, also when that has long been closed: nobody tells it that such a request is done. So
 * that is done here, as soon as one is asked for; and when the service stops, WebSockets are closed
 * once their clients have been told why.
 */
@ApplicationScoped
@RegisterForReflection(targets = QuarkusRequestWrapper.class)
class SubscriptionSockets {

  /**
   * Of Quarkus' filters; the route that makes WebSockets comes right behind authorization, at 99.
   */
  private static final int BEFORE_WEBSOCKETS = 150;

  private final LiveFeeds feeds;
  private final Method done;

  /** Forgotten when they are gone. */
  private final Set<HttpConnection> connections =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  SubscriptionSockets(LiveFeeds feeds) throws NoSuchMethodException {
    this.feeds = feeds;
    this.done = QuarkusRequestWrapper.class.getDeclaredMethod("done");
    done.setAccessible(true);
  }

  void register(@Observes Filters filters) {
    filters.register(this::note, BEFORE_WEBSOCKETS);
  }

  void start(@Observes StartupEvent event) {
    feeds.afterEnd(this::close);
  }

  private void note(RoutingContext context) {
    var request = context.request();
    if (request.headers().contains(HttpHeaders.UPGRADE, HttpHeaders.WEBSOCKET, true)) {
      connections.add(request.connection());
      notInWork(request);
    }
    context.next();
  }

  private void notInWork(HttpServerRequest request) {
    try {
      done.invoke(QuarkusRequestWrapper.get(request));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private void close() {
    List<HttpConnection> open;
    synchronized (connections) {
      open = List.copyOf(connections);
    }
    // With a frame that says so, if it is a WebSocket.
    open.forEach(HttpConnection::close);
  }
}
