package io.headrace.command.platform.http;

import io.smallrye.mutiny.Multi;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Streams lines of JSON to a client, and no faster than it takes them: a chunk is asked for when
 * the one before it has gone to the connection.
 *
 * <p>The head goes out with the first chunk, so whatever fails before is still a problem of its
 * own. What fails later resets the response (in HTTP/1, breaks the connection): a reader can tell
 * an answer that was cut off from one that is complete. So does a client that takes nothing for too
 * long; and when the client goes away, the source is cancelled.
 */
final class NdjsonReply implements Flow.Subscriber<Buffer> {

  static final String MEDIA_TYPE = "application/x-ndjson";

  private final RoutingContext routing;
  private final HttpServerResponse response;
  private final Vertx vertx;
  private final Duration patience;
  private final Consumer<Throwable> beforeHead;
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile Flow.Subscription subscription = NOTHING;
  private volatile long timer = -1;

  private static final Flow.Subscription NOTHING =
      new Flow.Subscription() {
        @Override
        public void request(long n) {}

        @Override
        public void cancel() {}
      };

  private NdjsonReply(RoutingContext routing, Duration patience, Consumer<Throwable> beforeHead) {
    this.routing = routing;
    this.response = routing.response();
    this.vertx = routing.vertx();
    this.patience = patience;
    this.beforeHead = beforeHead;
  }

  /**
   * @param chunks whole lines, each with its line feed
   * @param patience with a client that takes nothing
   * @param beforeHead answers a failure while nothing has been sent
   */
  static void send(
      RoutingContext routing,
      Multi<Buffer> chunks,
      Duration patience,
      Consumer<Throwable> beforeHead) {
    chunks.subscribe().withSubscriber(new NdjsonReply(routing, patience, beforeHead));
  }

  @Override
  public void onSubscribe(Flow.Subscription s) {
    subscription = s;
    response.closeHandler(closed -> gone());
    response.exceptionHandler(failure -> gone());
    s.request(1);
  }

  @Override
  public void onNext(Buffer chunk) {
    if (over.get()) {
      return;
    }
    head();
    timer = vertx.setTimer(patience.toMillis(), id -> cut());
    response
        .write(chunk)
        .onComplete(
            written -> {
              vertx.cancelTimer(timer);
              if (written.succeeded()) {
                subscription.request(1);
              } else {
                cut();
              }
            });
  }

  @Override
  public void onError(Throwable failure) {
    if (!over.compareAndSet(false, true)) {
      return;
    }
    if (response.headWritten()) {
      response.reset();
    } else {
      beforeHead.accept(failure);
    }
  }

  @Override
  public void onComplete() {
    if (over.compareAndSet(false, true)) {
      head();
      response.end();
    }
  }

  private void head() {
    if (!response.headWritten()) {
      response.setChunked(true).putHeader(HttpHeaders.CONTENT_TYPE, MEDIA_TYPE);
    }
  }

  private void gone() {
    if (over.compareAndSet(false, true)) {
      vertx.cancelTimer(timer);
      subscription.cancel();
    }
  }

  private void cut() {
    gone();
    Connections.cut(routing.request());
  }
}
