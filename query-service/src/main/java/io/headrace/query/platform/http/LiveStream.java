package io.headrace.query.platform.http;

import io.headrace.query.platform.live.LiveConfig;
import io.headrace.query.platform.live.LiveEvent;
import io.headrace.query.platform.live.LiveSubscriber;
import io.headrace.query.platform.read.ViewPosition;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.microprofile.faulttolerance.exceptions.BulkheadException;
import org.jspecify.annotations.Nullable;

/**
 * The answer to one live query: bytes made once for all clients are passed on to this one's
 * connection. What it has not taken yet is counted; a client for whom too much waits is told so as
 * the last thing, and let go.
 *
 * <p>Told by the view's event loop, it writes on that of its connection, to which everything but
 * the counting is confined.
 */
final class LiveStream<E> implements LiveSubscriber<E> {

  /** Sent first: a browser shall wait so long before it connects again. */
  private static final Buffer BEGIN = Buffer.buffer("retry: 1000\n\n");

  private static final Buffer TOO_SLOW =
      end(
          "too-slow",
          "This client did not keep up with the changes. It may go on with Last-Event-ID.");
  private static final Buffer STOPPING =
      end("stopping", "This server is stopping. Go on with Last-Event-ID.");
  private static final Buffer DEFECT =
      end("internal-error", "A change could not be told. This is our mistake, not yours.");

  /** How long a client that is let go may take to read why. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final Context context;
  private final int maxWaiting;
  private final Runnable onTooSlow;
  private final UniEmitter<? super LiveStream<E>> started;
  private final AtomicLong outstanding = new AtomicLong();
  private final List<Buffer> early = new ArrayList<>();
  private volatile Optional<ViewPosition> position = Optional.empty();
  private volatile boolean over;
  private long allowance;
  private boolean first = true;
  private @Nullable HttpServerResponse response;
  private @Nullable HttpServerRequest request;
  private @Nullable Buffer farewell;
  private @Nullable Cancellable cancellation;

  LiveStream(
      Context context,
      LiveConfig config,
      Runnable onTooSlow,
      UniEmitter<? super LiveStream<E>> started) {
    this.context = context;
    this.maxWaiting = config.maxWaiting();
    this.allowance = maxWaiting;
    this.onTooSlow = onTooSlow;
    this.started = started;
  }

  private static Buffer end(String reason, String detail) {
    return Buffer.buffer(
        "event: end\ndata: {\"reason\":\"%s\",\"detail\":\"%s\"}\n\n".formatted(reason, detail));
  }

  /** On the connection's event loop. */
  void cancelWith(Cancellable subscription) {
    cancellation = subscription;
    if (over) {
      subscription.cancel();
    }
  }

  Optional<ViewPosition> position() {
    return position;
  }

  @Override
  public void next(LiveEvent<E> event) {
    if (over) {
      return;
    }
    var bytes = event.encoded();
    var waiting = outstanding.addAndGet(bytes.length());
    if (event.kind() == LiveEvent.Kind.STATE) {
      // A state is as large as the client has asked for; it may have it and fall behind a little.
      allowance = (long) maxWaiting + bytes.length();
    } else if (waiting > bytes.length() && waiting > allowance) {
      // One that has nothing waiting gets even a large change.
      over = true;
      onTooSlow.run();
      context.runOnContext(_ -> close(TOO_SLOW));
      return;
    }
    if (first) {
      first = false;
      position = event.position();
      context.runOnContext(
          _ -> {
            write(bytes);
            started.complete(this);
          });
    } else {
      context.runOnContext(_ -> write(bytes));
    }
  }

  @Override
  public void failed(Throwable cause) {
    over = true;
    context.runOnContext(
        _ -> {
          cancel();
          started.fail(cause);
        });
  }

  @Override
  public void ended(End why) {
    if (first) {
      failed(
          why == End.STOPPING
              ? new BulkheadException("the service is stopping")
              : new IllegalStateException("a live query could not begin"));
      return;
    }
    over = true;
    context.runOnContext(_ -> close(why == End.STOPPING ? STOPPING : DEFECT));
  }

  /** The client is there: what has been told meanwhile is written. */
  void attach(HttpServerRequest from) {
    request = from;
    var to = from.response();
    response = to;
    to.setChunked(true);
    to.write(BEGIN);
    early.forEach(this::write);
    early.clear();
    if (farewell != null) {
      close(farewell);
    }
  }

  private void write(Buffer bytes) {
    var to = response;
    if (to == null) {
      early.add(bytes); // Counted, and so bounded.
    } else if (!to.ended() && !to.closed()) {
      to.write(bytes).onComplete(_ -> outstanding.addAndGet(-bytes.length()));
    }
  }

  private void close(Buffer last) {
    cancel();
    var to = response;
    if (to == null) {
      farewell = last;
    } else if (!to.ended() && !to.closed()) {
      // Behind what waits already; who does not even read that is not waited for.
      var vertx = context.owner();
      var patience = vertx.setTimer(GRACE.toMillis(), _ -> Connections.cut(request));
      to.end(last).onComplete(_ -> vertx.cancelTimer(patience));
    }
  }

  /** The client has gone. On the connection's event loop. */
  void gone() {
    over = true;
    cancel();
  }

  private void cancel() {
    if (cancellation != null) {
      cancellation.cancel();
    }
  }
}
