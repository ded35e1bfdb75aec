package io.headrace.query.platform.live;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.query.platform.read.Notifications;
import io.headrace.query.platform.read.ViewReads;
import io.headrace.query.platform.view.ResourceView;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.MultiEmitter;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.microprofile.faulttolerance.exceptions.BulkheadException;
import org.jspecify.annotations.Nullable;

/** Watches views on behalf of clients: one reader for each view, however many watch it. */
@ApplicationScoped
public class LiveFeeds {

  /** How many events a stream may be ahead of its subscriber. */
  private static final int EVENTS_AHEAD = 64;

  /** How long clients may take at most to be told that the service stops. */
  private static final Duration FAREWELL = Duration.ofSeconds(1);

  private final Vertx vertx;
  private final Notifications notifications;
  private final ViewReads reads;
  private final ObjectMapper json;
  private final LiveConfig config;
  private final MeterRegistry meters;
  private final Map<String, ViewFeed<?>> feeds = new ConcurrentHashMap<>();
  private final List<Runnable> afterEnd = new CopyOnWriteArrayList<>();
  private final AtomicInteger clients = new AtomicInteger();
  private volatile boolean stopping;
  private @Nullable Thread hook;

  LiveFeeds(
      Vertx vertx,
      Notifications notifications,
      ViewReads reads,
      ObjectMapper json,
      LiveConfig config,
      MeterRegistry meters) {
    this.vertx = vertx;
    this.notifications = notifications;
    this.reads = reads;
    this.json = json;
    this.config = config;
    this.meters = meters;
    Gauge.builder("headrace.query.live.clients", clients, AtomicInteger::get)
        .description("Clients that watch views")
        .register(meters);
  }

  // Quarkus waits for the requests in work before it tells anyone that it stops, and a live query
  // is in work for ever. The runtime starts its hooks together, so ours is not late.
  void start(@Observes StartupEvent event) {
    hook = new Thread(this::end, "live-queries-end");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  void stop(@Observes ShutdownEvent event) {
    end();
    try {
      if (hook != null) {
        Runtime.getRuntime().removeShutdownHook(hook);
      }
    } catch (IllegalStateException e) {
      // It is running.
    }
  }

  private void end() {
    stopping = true;
    feeds.values().forEach(ViewFeed::end);
    awaitGone();
    afterEnd.forEach(Runnable::run);
  }

  /** They are told by their own event loops. */
  private void awaitGone() {
    var deadline = System.nanoTime() + FAREWELL.toNanos();
    try {
      while (clients.get() > 0 && System.nanoTime() < deadline) {
        Thread.sleep(Duration.ofMillis(10));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** To be done when the service stops, once all clients have been told. */
  public void afterEnd(Runnable action) {
    afterEnd.add(action);
  }

  /**
   * Has a client told the present state of a query, and then every change of it; both come from one
   * sequence of snapshots, so nothing is missed between them and nothing told twice.
   *
   * @param lastEventId of the last event that the client has got elsewhere: it is told what has
   *     changed since, if that is known, and otherwise everything anew
   * @throws BulkheadException if too many watch already, or the service is stopping
   */
  public <E> Cancellable subscribe(
      LiveQuery<E> query, Optional<String> lastEventId, LiveSubscriber<E> subscriber) {
    if (clients.incrementAndGet() > config.clients() || stopping) {
      clients.decrementAndGet();
      throw new BulkheadException("no further client may watch views");
    }
    var cancellation = feed(query.view()).subscribe(query, lastEventId, subscriber);
    var left = new AtomicBoolean();
    return () -> {
      if (left.compareAndSet(false, true)) {
        clients.decrementAndGet();
        cancellation.cancel();
      }
    };
  }

  /**
   * The same as a stream. It fails if its subscriber does not keep up, or when the service stops.
   */
  public <E> Multi<LiveEvent<E>> events(LiveQuery<E> query) {
    return Multi.createFrom()
        .emitter(
            emitter -> {
              var cancellation = subscribe(query, Optional.empty(), new Emission<>(emitter));
              emitter.onTermination(cancellation::cancel);
            },
            EVENTS_AHEAD);
  }

  private record Emission<E>(MultiEmitter<? super LiveEvent<E>> emitter)
      implements LiveSubscriber<E> {

    @Override
    public void next(LiveEvent<E> event) {
      // A sign of life is for connections.
      if (event.kind() == LiveEvent.Kind.STATE
          || !event.rows().isEmpty()
          || !event.gone().isEmpty()) {
        emitter.emit(event);
      }
    }

    @Override
    public void failed(Throwable cause) {
      emitter.fail(cause);
    }

    @Override
    public void ended(End why) {
      emitter.fail(new LiveQueryEndedException(why));
    }
  }

  @SuppressWarnings("unchecked") // Views are told apart by their names.
  private <E> ViewFeed<E> feed(ResourceView<E, ?, ?> view) {
    return (ViewFeed<E>)
        feeds.computeIfAbsent(
            view.name(),
            _ -> new ViewFeed<>(view, vertx, notifications, reads, json, config, meters));
  }
}
