package io.headrace.query.platform.read;

import io.headrace.query.platform.view.View;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.quarkus.runtime.Startup;
import io.smallrye.faulttolerance.api.Guard;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.util.TypeLiteral;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.eclipse.microprofile.faulttolerance.exceptions.BulkheadException;
import org.jspecify.annotations.Nullable;

/**
 * Runs reads of views. Each has a session of its own, a limited time, and one place among a limited
 * number; a broken connection is tried again, and while the database is away reads fail at once.
 *
 * <p>A request that carries a consistency token first waits for the view, without a session and
 * without a place: see {@link RequestedConsistency}. In the end it fails with {@link
 * ViewBehindException}, or reads what there is if it prefers that.
 *
 * <p>Must be called on a Vert.x context (as every request is); never blocks. A failure that is an
 * {@link Outage} becomes a 503 at the boundary, any other a 500.
 */
// A guard that cannot be built shall stop the start, not the first request.
@Startup
@ApplicationScoped
public class ViewReads {

  private static final int PAUSE_MILLIS = 50;
  private static final double HALF = 0.5;

  private final Guard guard;
  private final ViewPositions positions;
  private final RequestedConsistency consistency;
  private final ViewWaits waits;
  private final MeterRegistry meters;
  private final Duration timeout;
  private final int concurrency;
  private final AtomicInteger byKey = new AtomicInteger();
  private final Map<Outcome, Timer> timers = new ConcurrentHashMap<>();
  private final Map<String, DistributionSummary> batches = new ConcurrentHashMap<>();

  private record Outcome(String view, String name) {}

  ViewReads(
      ReadConfig config,
      ViewPositions positions,
      RequestedConsistency consistency,
      ViewWaits waits,
      MeterRegistry meters) {
    this.positions = positions;
    this.consistency = consistency;
    this.waits = waits;
    this.meters = meters;
    this.timeout = config.timeout();
    this.concurrency = config.concurrency();
    this.guard =
        Guard.create()
            .withDescription("reads of views")
            .withBulkhead()
            .limit(config.concurrency())
            // The least that there is; the pool of connections has a queue of its own.
            .queueSize(1)
            .done()
            .withTimeout()
            .duration(config.timeout().toMillis(), ChronoUnit.MILLIS)
            .done()
            .withCircuitBreaker()
            .requestVolumeThreshold(config.circuitVolume())
            .failureRatio(HALF)
            .delay(config.circuitDelay().toMillis(), ChronoUnit.MILLIS)
            .when(ViewReads::saysTheDatabaseIsAway)
            .done()
            .withRetry()
            .maxRetries(config.retries())
            .delay(PAUSE_MILLIS, ChronoUnit.MILLIS)
            .jitter(PAUSE_MILLIS, ChronoUnit.MILLIS)
            .whenException(ViewReads::isWorthAnotherTry)
            .done()
            .build();
  }

  /**
   * What was read, and how fresh it is at least.
   *
   * @param position absent if the worker has not recorded any
   */
  public record Fresh<T>(T value, Optional<ViewPosition> position) {

    private Fresh<T> behind() {
      return new Fresh<>(value, position.map(ViewPosition::asBehind));
    }

    Fresh<T> rowParked() {
      return new Fresh<>(value, position.map(ViewPosition::withRowParked));
    }
  }

  /**
   * @param query run within a session, perhaps twice; its item may be null
   */
  public <T> Uni<Fresh<T>> read(View view, Supplier<Uni<T>> query) {
    return consistently(view, () -> guarded(view, query));
  }

  /**
   * Reads by key that share their statements.
   *
   * @param load what there is of these keys, each once; run within a session, perhaps twice
   */
  public <K, T> RowReads<K, T> byKey(View view, Function<List<K>, Uni<Map<K, T>>> load) {
    return new RowReads<>(view, load, this);
  }

  /** A read after what its request wants to wait for. */
  <T> Uni<Fresh<T>> consistently(View view, Supplier<Uni<Fresh<T>>> read) {
    var asked = consistency.asked();
    return asked.isEmpty()
        ? read.get()
        : caughtUp(view, asked.get())
            .chain(caughtUp -> caughtUp ? read.get() : read.get().map(Fresh::behind));
  }

  /** How long a read may take, waiting included. */
  Duration timeout() {
    return timeout;
  }

  /** A read by key, if there is a place for it, and how long it took. */
  <T> Uni<T> counted(View view, Uni<T> read) {
    return Uni.createFrom()
        .deferred(
            () -> {
              var start = System.nanoTime();
              if (byKey.incrementAndGet() > concurrency) {
                byKey.decrementAndGet();
                var refused = new BulkheadException("too many reads by key");
                record(start, view, refused);
                return Uni.createFrom().failure(refused);
              }
              return read.onTermination()
                  .invoke(
                      (_, failure, _) -> {
                        byKey.decrementAndGet();
                        record(start, view, failure);
                      });
            });
  }

  /** Rows by their keys; their reads are counted, and this is not another one. */
  <K, T> Uni<RowReads.Found<K, T>> batch(
      View view, List<K> keys, Function<List<K>, Uni<Map<K, T>>> load) {
    batches
        .computeIfAbsent(
            view.name(),
            name ->
                DistributionSummary.builder("headrace.query.batch")
                    .description("How many keys one statement asks for")
                    .tag("view", name)
                    .register(meters))
        .record(keys.size());
    return guard.get(
        () ->
            Panache.withSession(
                () ->
                    positions
                        .current()
                        .map(known -> Optional.ofNullable(known.get(view.progress())))
                        .chain(
                            position ->
                                load.apply(keys)
                                    .chain(
                                        rows ->
                                            parked(view, position, keys)
                                                .map(
                                                    parked ->
                                                        new RowReads.Found<>(
                                                            rows, position, parked))))),
        new TypeLiteral<Uni<RowReads.Found<K, T>>>() {});
  }

  private Uni<Set<String>> parked(View view, Optional<ViewPosition> position, List<?> keys) {
    return withLanes(view, position)
        .map(it -> positions.parked(it, keys.stream().map(Object::toString).toList()))
        .orElse(Uni.createFrom().item(Set.of()));
  }

  // Totals have no lanes: their rows do not come of events, but of other rows.
  private static Optional<ViewPosition> withLanes(View view, Optional<ViewPosition> position) {
    return position.filter(it -> it.parked() > 0 && it.view().equals(view.name()));
  }

  /**
   * Waits for what the request's consistency tokens speak of, if it has any; for reads that have a
   * session of their own afterwards.
   *
   * @return whether the view has it; if not, the client wants an answer nevertheless. Fails with
   *     {@link ViewBehindException} if it does not.
   */
  public Uni<Boolean> caughtUp(View view) {
    var asked = consistency.asked();
    return asked.isEmpty() ? Uni.createFrom().item(true) : caughtUp(view, asked.get());
  }

  private Uni<Boolean> caughtUp(View view, RequestedConsistency.Asked asked) {
    return waits
        .until(view.progress(), asked.tokens(), asked.patience())
        .chain(
            missing ->
                missing.isEmpty() || asked.lenient()
                    ? Uni.createFrom().item(missing.isEmpty())
                    : guarded(view, () -> Uni.createFrom().<Boolean>nullItem())
                        .map(
                            nothing -> {
                              throw new ViewBehindException(
                                  view.name(), missing, nothing.position());
                            }));
  }

  /**
   * The same for one row; what is said of its freshness then is said of the row, too.
   *
   * @param key what the row is found by, as text
   */
  public <T> Uni<Fresh<T>> readRow(View view, String key, Supplier<Uni<T>> query) {
    return read(view, query)
        .chain(
            fresh -> {
              var position = withLanes(view, fresh.position());
              return position.isEmpty()
                  ? Uni.createFrom().item(fresh)
                  : guarded(view, () -> positions.parked(position.get(), List.of(key)))
                      .map(parked -> parked.value().isEmpty() ? fresh : fresh.rowParked());
            });
  }

  private <T> Uni<Fresh<T>> guarded(View view, Supplier<Uni<T>> query) {
    return Uni.createFrom()
        .deferred(
            () -> {
              var start = System.nanoTime();
              return guard
                  .get(() -> session(view, query), new TypeLiteral<Uni<Fresh<T>>>() {})
                  .onTermination()
                  .invoke((_, failure, _) -> record(start, view, failure));
            });
  }

  /** Within a session: how far the view has come; what is read afterwards is at least as fresh. */
  public Uni<Optional<ViewPosition>> position(View view) {
    return positions.current().map(known -> Optional.ofNullable(known.get(view.progress())));
  }

  // The position first, the rows after it: they are then at least as fresh as it says.
  private <T> Uni<Fresh<T>> session(View view, Supplier<Uni<T>> query) {
    return Panache.withSession(
        () ->
            positions
                .current()
                .chain(
                    known ->
                        query
                            .get()
                            .map(
                                value ->
                                    new Fresh<>(
                                        value, Optional.ofNullable(known.get(view.progress()))))));
  }

  // Whoever hangs up while it waits has had no failure.
  private void record(long start, View view, @Nullable Throwable failure) {
    var outcome =
        failure == null
            ? "success"
            : Outage.of(failure).map(outage -> outage.name().toLowerCase()).orElse("defect");
    timers
        .computeIfAbsent(
            new Outcome(view.name(), outcome),
            it ->
                Timer.builder("headrace.query.reads")
                    .description("Reads of views")
                    .tag("view", it.view())
                    .tag("outcome", it.name())
                    .register(meters))
        .record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
  }

  private static boolean saysTheDatabaseIsAway(Throwable failure) {
    return Outage.of(failure)
        .filter(outage -> outage == Outage.UNREACHABLE || outage == Outage.SLOW)
        .isPresent();
  }

  // Not after a timeout: the time is spent, and the session of the first try may still be in use.
  // Not when the circuit is open: that is what it is for.
  static boolean isWorthAnotherTry(Throwable failure) {
    return !(failure
            instanceof
            org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException)
        && Outage.of(failure).filter(outage -> outage == Outage.UNREACHABLE).isPresent();
  }
}
