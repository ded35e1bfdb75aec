package io.headrace.projection.platform.engine;

import io.headrace.events.platform.EventCatalogue;
import io.headrace.projection.platform.engine.Failures.AbandonedException;
import io.headrace.projection.platform.engine.Failures.NoLiveGenerationException;
import io.headrace.projection.platform.engine.Rebuilds.NotNowException;
import io.headrace.projection.platform.log.EventLog;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.logging.Log;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Runs what this worker has to run: a {@link Runner} for each generation that its code can fill,
 * the healing of gaps, and rebuilds. What that is stands in the database, and is looked at again
 * and again; what another worker changes there is taken up within a moment, what is changed here at
 * once.
 *
 * <p>A generation of another version of a view is left to the workers that have that version: in a
 * rolling deployment they serve the live one until the new one takes its place.
 */
final class Supervisor implements AutoCloseable {

  private final List<CompiledView<?>> views;
  private final EventCatalogue catalogue;
  private final DataSource dataSource;
  private final Map<String, Object> kafka;
  private final EventLog log;
  private final ProjectionConfig config;
  private final MeterRegistry registry;
  private final Clock clock;
  private final Retry retry;
  private final GapHealer healer;
  private final TopicEnds ends;
  private final Rebuilds rebuilds;
  private final Heartbeats heartbeats;
  private final Map<Key, Runner> runners = new ConcurrentHashMap<>();
  private final Map<Key, Thread> runningRebuilds = new ConcurrentHashMap<>();
  private final Set<Thread> closing = ConcurrentHashMap.newKeySet();
  private final Set<String> deployed = new HashSet<>();
  private final Map<String, AtomicLong[]> parked = new HashMap<>();
  private final Map<String, AtomicLong[]> progress = new HashMap<>();
  private final Set<Key> gauges = new HashSet<>();
  private final Map<String, Long> pruned = new HashMap<>();
  private final Map<String, String> warnings = new ConcurrentHashMap<>();
  private final Set<String> coming = ConcurrentHashMap.newKeySet();
  private final Semaphore changedHere = new Semaphore(0);
  private volatile boolean looked;
  private volatile boolean stopping;
  private volatile @Nullable Exception failure;
  private @Nullable Thread supervising;
  private @Nullable Thread healing;

  private record Key(String view, int generation) {}

  Supervisor(
      List<CompiledView<?>> views,
      EventCatalogue catalogue,
      DataSource dataSource,
      Map<String, Object> kafka,
      EventLog log,
      ProjectionConfig config,
      MeterRegistry registry,
      Clock clock) {
    this.views = views;
    this.catalogue = catalogue;
    this.dataSource = dataSource;
    this.kafka = kafka;
    this.log = log;
    this.config = config;
    this.registry = registry;
    this.clock = clock;
    this.retry = new Retry(config.retryDelay(), config.retryMaxDelay());
    this.healer = new GapHealer(dataSource, log, catalogue, config.gaps());
    this.ends = new TopicEnds(kafka);
    this.rebuilds = new Rebuilds(dataSource, ends, config.rebuild().keep(), changedHere::release);
    this.heartbeats = new Heartbeats(kafka, dataSource, this::runners);
  }

  void start() {
    supervising = Thread.ofPlatform().name("supervisor").daemon().start(this::supervise);
    healing = Thread.ofPlatform().name("gap-healer").daemon().start(this::heal);
    heartbeats.start();
  }

  private void supervise() {
    while (!stopping) {
      int seen = 0;
      Exception failed = null;
      for (CompiledView<?> view : views) {
        try {
          look(view);
          seen++;
        } catch (NoLiveGenerationException e) {
          if (failure == null || !e.getMessage().equals(failure.getMessage())) {
            Log.error(e.getMessage());
          }
          failed = e;
        } catch (SQLException e) {
          failed = e;
          Log.debugf("The generations of view %s cannot be read: %s", view.name(), e.getMessage());
        } catch (RuntimeException e) {
          failed = e;
          Log.errorf(e, "View %s cannot be supervised", view.name());
        }
      }
      failure = failed;
      looked |= seen == views.size();
      awaitChange();
    }
  }

  private void awaitChange() {
    try {
      if (changedHere.tryAcquire(config.supervisionInterval().toNanos(), TimeUnit.NANOSECONDS)) {
        changedHere.drainPermits();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(CompiledView<?> view) throws SQLException {
    List<Generation> generations;
    Optional<RebuildState> rebuild;
    try (Connection connection = dataSource.getConnection()) {
      generations = Generations.of(connection, view.name());
      rebuild = RebuildState.running(connection, view.name());
      for (Generation each : generations) {
        if (each.version() == view.version()
            && !runners.containsKey(new Key(view.name(), each.number()))) {
          Generations.noteTopics(connection, view, each.number());
        }
      }
    }
    Generation live = Generations.requireLive(generations, view.name());
    warn(view, live);
    run(view, generations);
    countParked(view, live);
    rebuild.ifPresent(this::tellProgress);
    if (rebuild.isPresent() && rebuild.get().version() == view.version()) {
      carryOut(view, rebuild.get());
    }
    if (deployed.add(view.name()) && live.version() < view.version()) {
      rebuildForNewVersion(view, rebuild);
    }
    rebuilds.dropExpired(view);
    prune(view);
  }

  private void prune(CompiledView<?> view) throws SQLException {
    long now = System.nanoTime();
    Long last = pruned.get(view.name());
    if (last != null && now - last < config.changes().pruneInterval().toNanos()) {
      return;
    }
    pruned.put(view.name(), now);
    try (Connection connection = dataSource.getConnection()) {
      ChangeFeed.prune(connection, view, config.changes().retention());
    }
  }

  private void countParked(CompiledView<?> view, Generation live) throws SQLException {
    AtomicLong[] counts =
        parked.computeIfAbsent(
            view.name(),
            name -> {
              AtomicLong[] values = {new AtomicLong(), new AtomicLong()};
              gauge("headrace.view.parked.lanes", "Streams and keys that wait", name, values[0]);
              gauge("headrace.view.parked.waiting", "Events that wait in them", name, values[1]);
              return values;
            });
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                SELECT (SELECT count(*) FROM parked_lane WHERE view = ? AND generation = ?),
                    (SELECT count(*) FROM parked_event WHERE view = ? AND generation = ?)""")) {
      for (int i = 0; i < 2; i++) {
        statement.setString(2 * i + 1, view.name());
        statement.setInt(2 * i + 2, live.number());
      }
      try (ResultSet results = statement.executeQuery()) {
        results.next();
        counts[0].set(results.getLong(1));
        counts[1].set(results.getLong(2));
      }
    }
  }

  private void gauge(String name, String description, String view, AtomicLong value) {
    Gauge.builder(name, value, AtomicLong::get)
        .description(description)
        .tag("view", view)
        .register(registry);
  }

  private void tellProgress(RebuildState state) {
    AtomicLong[] counts =
        progress.computeIfAbsent(
            state.view(),
            name -> {
              AtomicLong[] values = {new AtomicLong(), new AtomicLong()};
              gauge("headrace.view.rebuild.done", "Events of the log taken", name, values[0]);
              gauge("headrace.view.rebuild.total", "Events in the log, about", name, values[1]);
              return values;
            });
    counts[0].set(state.eventsDone());
    counts[1].set(state.eventsTotal() == null ? 0 : state.eventsTotal());
  }

  private void warn(CompiledView<?> view, Generation live) {
    if (live.version() == view.version()) {
      warnings.remove(view.name());
      coming.remove(view.name());
      return;
    }
    if (live.version() < view.version()) {
      coming.add(view.name());
    } else {
      coming.remove(view.name());
    }
    String warning =
        live.version() < view.version()
            ? "the live generation is of version %d; version %d takes its place when it is built"
                .formatted(live.version(), view.version())
            : "the live generation is of version %d, and this worker has version %d: it takes no part, until a rollback"
                .formatted(live.version(), view.version());
    if (!warning.equals(warnings.put(view.name(), warning))) {
      Log.warnf("View %s: %s", view.name(), warning);
    }
  }

  private void run(CompiledView<?> view, List<Generation> generations) {
    Set<Key> wanted = new HashSet<>();
    for (Generation each : generations) {
      if (each.version() == view.version() && each.follows() && !stopping) {
        Key key = new Key(view.name(), each.number());
        wanted.add(key);
        runners.computeIfAbsent(key, k -> start(view, each.number()));
      }
    }
    for (Key key : Set.copyOf(runners.keySet())) {
      if (key.view.equals(view.name()) && !wanted.contains(key)) {
        Runner runner = runners.remove(key);
        if (runner != null) {
          close(runner);
        }
      }
    }
  }

  /** Leaving a consumer group may take a second, and nothing else is to wait for that. */
  private void close(Runner runner) {
    closing.removeIf(thread -> !thread.isAlive());
    closing.add(
        Thread.ofPlatform()
            .name("close-" + runner.view().view().name())
            .daemon()
            .start(runner::close));
  }

  private Runner start(CompiledView<?> view, int generation) {
    Runner runner =
        new Runner(
            worker(view, generation),
            catalogue,
            kafka,
            "%s.%s.g%d".formatted(config.group(), view.name(), generation),
            config.batchSize(),
            config.handoverTimeout(),
            clock);
    Key key = new Key(view.name(), generation);
    if (gauges.add(key)) {
      Gauge.builder("headrace.view.lag", () -> lagMillis(key) / 1000.0)
          .description("Age of the oldest event in work; 0 when nothing is in work")
          .baseUnit("seconds")
          .tag("view", view.name())
          .tag("generation", Integer.toString(generation))
          .register(registry);
      Gauge.builder("headrace.view.age", () -> age(key))
          .description("How long ago what this worker holds of the view was complete")
          .baseUnit("seconds")
          .tag("view", view.name())
          .tag("generation", Integer.toString(generation))
          .register(registry);
    }
    runner.start();
    return runner;
  }

  private double age(Key key) {
    Runner runner = runners.get(key);
    Instant completeUntil = runner == null ? null : heartbeats.completeUntil(runner);
    return completeUntil == null
        ? Double.NaN
        : Duration.between(completeUntil, clock.instant()).toMillis() / 1000.0;
  }

  private long lagMillis(Key key) {
    Runner runner = runners.get(key);
    return runner == null ? 0 : runner.worker().lag().toMillis();
  }

  private <R extends Record> ViewWorker<R> worker(CompiledView<R> view, int generation) {
    return new ViewWorker<>(
        view, generation, dataSource, retry, new ViewMetrics(registry, view.name(), generation));
  }

  private void carryOut(CompiledView<?> view, RebuildState rebuild) {
    Key key = new Key(view.name(), rebuild.generation());
    Thread thread = runningRebuilds.get(key);
    if (stopping || (thread != null && thread.isAlive())) {
      return;
    }
    RebuildRun run =
        new RebuildRun(
            worker(view, rebuild.generation()),
            rebuild,
            dataSource,
            rebuilds,
            log,
            catalogue,
            config.rebuild(),
            clock,
            () -> stopping);
    runningRebuilds.put(
        key, Thread.ofPlatform().name("rebuild-" + view.name()).daemon().start(run::run));
  }

  /** A rebuild for a version that nobody has any more is given up for it. */
  private void rebuildForNewVersion(CompiledView<?> view, Optional<RebuildState> running)
      throws SQLException {
    try {
      if (running.isPresent()) {
        if (running.get().version() >= view.version()) {
          return;
        }
        rebuilds.abandon(view);
      }
      rebuilds.begin(
          view,
          new Rebuilds.Request(
              "new version",
              config.rebuild().eventsPerSecond().orElse(null),
              false,
              null,
              "deployed version " + view.version()));
    } catch (NotNowException e) {
      Log.debugf("%s", e.getMessage()); // Another worker was first.
    } catch (KafkaException | SQLException e) {
      deployed.remove(view.name());
      throw e;
    }
  }

  private void heal() {
    Retry.Owner owner = () -> !stopping;
    while (!stopping) {
      for (Runner runner : runners.values()) {
        try {
          healer.heal(runner.view(), owner);
        } catch (SQLException e) {
          Log.debugf("The gaps of view %s cannot be read: %s", runner.view().view().name(), e);
        } catch (AbandonedException e) {
          return;
        } catch (RuntimeException e) {
          Log.errorf(e, "The gaps of view %s cannot be healed", runner.view().view().name());
        }
      }
      Pause.of(config.supervisionInterval(), () -> stopping);
    }
  }

  @Override
  public void close() {
    stopping = true;
    changedHere.release();
    heartbeats.close();
    join(supervising);
    runners.values().parallelStream().forEach(Runner::close);
    runners.clear();
    closing.forEach(Supervisor::join);
    join(healing);
    runningRebuilds.values().forEach(Supervisor::join);
    ends.close();
  }

  private static void join(@Nullable Thread thread) {
    try {
      if (thread != null) {
        thread.join(Duration.ofSeconds(10));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  Collection<Runner> runners() {
    return List.copyOf(runners.values());
  }

  Optional<Runner> runner(String view, int generation) {
    return Optional.ofNullable(runners.get(new Key(view, generation)));
  }

  List<CompiledView<?>> views() {
    return views;
  }

  Optional<CompiledView<?>> view(String name) {
    return views.stream().filter(view -> view.name().equals(name)).findFirst();
  }

  /**
   * For work on a generation beside its runner, such as a redrive.
   *
   * @throws NotNowException if it is of another version: its rows are not for this code to fold
   */
  ViewWorker<?> workerOf(CompiledView<?> view, Generation generation) throws NotNowException {
    if (generation.version() != view.version()) {
      throw NotNowException.ofVersion(view, generation);
    }
    return worker(view, generation.number());
  }

  EventCatalogue catalogue() {
    return catalogue;
  }

  Rebuilds rebuilds() {
    return rebuilds;
  }

  TopicEnds ends() {
    return ends;
  }

  ProjectionConfig config() {
    return config;
  }

  boolean isStopping() {
    return stopping;
  }

  /**
   * Whether this worker feeds what readers see. While the version of a view is newer here, and has
   * not taken over, it is no replacement for those workers that have the former one.
   */
  boolean isInPlace() {
    return looked && coming.isEmpty();
  }

  /** Those views. */
  Set<String> coming() {
    return Set.copyOf(coming);
  }

  /** By view: what the operator should know of its version. */
  Map<String, String> warnings() {
    return Map.copyOf(warnings);
  }

  /** Why nothing gets on at the moment; null while all is well. */
  @Nullable Exception failure() {
    for (Runner runner : runners()) {
      Exception ofRunner = runner.failure();
      if (ofRunner != null) {
        return ofRunner;
      }
    }
    return failure;
  }
}
