package io.headrace.projection.platform.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.EventJson;
import io.headrace.projection.platform.engine.Failures.AbandonedException;
import io.headrace.projection.platform.engine.Failures.FencedException;
import io.headrace.projection.platform.engine.RebuildState.Phase;
import io.headrace.projection.platform.engine.Rebuilds.NotNowException;
import io.headrace.projection.platform.log.EventLog;
import io.headrace.projection.platform.log.LogUnavailableException;
import io.quarkus.logging.Log;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Carries a rebuild of one view out, step by step. What it has reached stands in the database after
 * each, so another worker can go on with it at any time; a lock of PostgreSQL that goes with the
 * session sees to it that one does.
 *
 * <p><b>Why nothing is missing.</b> Where the topics end is noted first, then the log is read, then
 * the topics from there. An event is either behind the noted end of its partition: then it is read
 * from the topic. Or it was published before: then it was committed to the log before that, and any
 * snapshot that the log is read in has it. Those that come twice are known by their versions.
 *
 * <p><b>One position.</b> The new generation takes from a partition only what the live one has
 * taken. To compare the two, the live one's positions are locked, which stops it between two
 * transactions; the new one catches up; a snapshot is taken of both, and the lock is let go at
 * once.
 */
final class RebuildRun {

  /** So few events are caught up with in no time. */
  private static final long NEAR = 1_000;

  private static final Duration LOG_EVERY = Duration.ofSeconds(10);
  private static final Duration AGAIN = Duration.ofMillis(200);

  /** The live generation is held up for a moment by each try; in between it has time to recover. */
  private static final Duration BETWEEN_HOLDS = Duration.ofSeconds(1);

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  private final ViewWorker<?> worker;
  private final RebuildState begun;
  private final DataSource dataSource;
  private final Rebuilds rebuilds;
  private final EventLog log;
  private final EventCatalogue catalogue;
  private final ProjectionConfig.Rebuild config;
  private final Clock clock;
  private final BooleanSupplier stopping;
  private volatile boolean lost;
  private @Nullable Throttle throttle;

  RebuildRun(
      ViewWorker<?> worker,
      RebuildState begun,
      DataSource dataSource,
      Rebuilds rebuilds,
      EventLog log,
      EventCatalogue catalogue,
      ProjectionConfig.Rebuild config,
      Clock clock,
      BooleanSupplier stopping) {
    this.worker = worker;
    this.begun = begun;
    this.dataSource = dataSource;
    this.rebuilds = rebuilds;
    this.log = log;
    this.catalogue = catalogue;
    this.config = config;
    this.clock = clock;
    this.stopping = stopping;
  }

  /** Until the rebuild is finished, or this worker stops, or another one is at it. */
  void run() {
    try (Connection session = dataSource.getConnection()) {
      if (!tryLock(session)) {
        return;
      }
      try {
        carryOut(session);
      } finally {
        unlock(session);
      }
    } catch (SQLException e) {
      Log.warnf("The rebuild of view %s is interrupted: %s", begun.view(), e.getMessage());
    }
  }

  private boolean tryLock(Connection session) throws SQLException {
    try (PreparedStatement statement =
        session.prepareStatement(
            "SELECT pg_try_advisory_lock(hashtext('headrace.rebuild'), hashtext(?))")) {
      statement.setString(1, begun.view());
      try (ResultSet results = statement.executeQuery()) {
        results.next();
        return results.getBoolean(1);
      }
    }
  }

  private void unlock(Connection session) {
    try (PreparedStatement statement =
        session.prepareStatement(
            "SELECT pg_advisory_unlock(hashtext('headrace.rebuild'), hashtext(?))")) {
      statement.setString(1, begun.view());
      statement.execute();
    } catch (SQLException e) {
      // The session is gone, and the lock with it.
    }
  }

  private void carryOut(Connection session) throws SQLException {
    int failures = 0;
    while (goesOn(session)) {
      Optional<RebuildState> now = state();
      if (now.isEmpty() || now.get().generation() != begun.generation()) {
        return;
      }
      RebuildState state = now.get();
      try {
        if (state.paused() && state.phase() != Phase.DIFFERENT) {
          sleep(AGAIN);
        } else {
          step(session, state);
        }
        if (failures > 0) {
          failure(null);
        }
        failures = 0;
      } catch (LogUnavailableException | FencedException | NotNowException e) {
        failures++;
        failure(e.getMessage());
        Duration pause = pause(failures);
        Log.warnf(
            "The rebuild of view %s does not get on, again in %d ms: %s",
            begun.view(), pause.toMillis(), e.getMessage());
        sleep(pause);
      } catch (AbandonedException e) {
        return;
      }
    }
  }

  private static Duration pause(int failures) {
    long millis = AGAIN.toMillis() << Math.min(failures, 10);
    return Duration.ofMillis(Math.min(millis, LONGEST_PAUSE.toMillis()));
  }

  private void step(Connection session, RebuildState state)
      throws SQLException,
          LogUnavailableException,
          FencedException,
          NotNowException,
          AbandonedException {
    switch (state.phase()) {
      case LOG -> readLog(session, state);
      case TOPIC -> catchUp(state);
      case COMPARING -> compare(state);
      case DIFFERENT -> {
        if (state.accepted()) {
          swap();
        } else {
          sleep(AGAIN);
        }
      }
      case SWAPPED, ABANDONED -> sleep(AGAIN);
    }
  }

  private void readLog(Connection session, RebuildState state)
      throws SQLException, LogUnavailableException, FencedException, AbandonedException {
    Progress progress = worker.progress();
    LogPlace place = new LogPlace(state.view(), state.generation(), progress, place());
    Log.infof(
        "View %s, generation %d: reading the event log from %s",
        state.view(), state.generation(), place.place() == null ? "its beginning" : place.place());
    Retry.Owner owner = () -> !stopping.getAsBoolean() && !lost;
    LogFill fill =
        new LogFill(
            worker, catalogue, place, batchSize(state), owner, batch -> afterBatch(session, batch));
    throttle = new Throttle(state);
    boolean complete = fill.run(log, worker.view().contexts());
    if (complete) {
      Log.infof("View %s, generation %d: the event log is read", state.view(), state.generation());
      follow();
    }
  }

  private int batchSize(RebuildState state) {
    Integer limit = state.eventsPerSecond();
    // So that what is slow is slow evenly.
    return limit == null ? config.batchSize() : Math.clamp(limit / 4, 1, config.batchSize());
  }

  /**
   * @return whether to read on
   */
  private boolean afterBatch(Connection session, int events) throws SQLException {
    Throttle current = throttle;
    if (current == null) {
      return true;
    }
    current.took(events);
    if (!goesOn(session)) {
      return false;
    }
    Duration ahead = current.ahead();
    if (ahead.isPositive()) {
      sleep(ahead);
    }
    return current.goOn();
  }

  /** The rate: measured, kept below the limit, and told to whoever asks. */
  private final class Throttle {

    private final RebuildState state;
    private long since = System.nanoTime();
    private long taken;
    private long told = System.nanoTime();
    private long toldEvents;
    private long logged = System.nanoTime();

    Throttle(RebuildState state) {
      this.state = state;
    }

    void took(int events) {
      taken += events;
    }

    /** By how much the limit is exceeded. */
    Duration ahead() {
      Integer limit = state.eventsPerSecond();
      if (limit == null) {
        return Duration.ZERO;
      }
      long due = since + (long) (taken * 1e9 / limit);
      return Duration.ofNanos(due - System.nanoTime());
    }

    /**
     * Every half second: writes the rate down, and looks whether the operator wants it otherwise.
     */
    boolean goOn() throws SQLException {
      long now = System.nanoTime();
      if (now - told < 500_000_000L) {
        return true;
      }
      double rate = (taken - toldEvents) * 1e9 / (now - told);
      told = now;
      toldEvents = taken;
      tell(rate);
      RebuildState current = state().orElse(null);
      if (current == null || current.generation() != state.generation()) {
        return false;
      }
      if (now - logged > LOG_EVERY.toNanos()) {
        logged = now;
        Log.infof(
            "View %s, generation %d: %d of %s events, %.0f a second%s",
            current.view(),
            current.generation(),
            current.eventsDone(),
            current.eventsTotal() == null ? "?" : current.eventsTotal(),
            rate,
            current.secondsLeft() == null ? "" : ", " + current.secondsLeft() + " s left");
      }
      return !current.paused()
          && Objects.equals(current.eventsPerSecond(), state.eventsPerSecond());
    }
  }

  private void tell(double rate) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                UPDATE view_rebuild SET events_rate = ?, events_total = greatest(events_total, events_done)
                  WHERE view = ? AND generation = ?""")) {
      statement.setDouble(1, rate);
      statement.setString(2, begun.view());
      statement.setInt(3, begun.generation());
      statement.executeUpdate();
    }
  }

  /** From now on the topics; and readers may come, so the indexes are made. */
  private void follow() throws SQLException {
    transaction(
        connection -> {
          Generations.index(connection, worker.view(), begun.generation());
          execute(
              connection,
              "UPDATE view_generation SET follows = true WHERE view = ? AND generation = ?");
          execute(
              connection,
              """
              UPDATE view_rebuild SET phase = 'topic', phase_since = now(), events_total = events_done,
                  events_rate = NULL
                WHERE view = ? AND generation = ? AND phase = 'log'""");
          return true;
        });
  }

  /** Other threads do the work; here it is only awaited. */
  private void catchUp(RebuildState state) throws SQLException {
    long behind =
        transaction(
            connection -> {
              Generation live = Generations.live(connection, state.view()).orElseThrow();
              return Generations.behind(
                  Generations.offsets(connection, next(connection)),
                  Generations.offsets(connection, live));
            });
    if (behind <= NEAR) {
      phase(Phase.COMPARING);
    } else {
      sleep(AGAIN);
    }
  }

  private Generation next(Connection connection) throws SQLException {
    return Generations.of(connection, begun.view()).stream()
        .filter(g -> g.number() == begun.generation())
        .findFirst()
        .orElseThrow(() -> new SQLException("the generation being built is gone"));
  }

  private void compare(RebuildState state) throws SQLException, NotNowException {
    // One position comes in time while there are workers for both. For the generation of a former
    // version there may be none any more.
    boolean patient =
        liveVersion() == state.version()
            || clock.instant().isBefore(state.phaseSince().plus(config.positionTimeout()));
    Comparison comparison = comparison(patient);
    if (comparison == null || (!comparison.samePosition() && patient)) {
      sleep(BETWEEN_HOLDS);
      return;
    }
    transaction(
        connection -> {
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "UPDATE view_rebuild SET comparison = ?::jsonb WHERE view = ? AND generation = ?")) {
            statement.setString(1, EventJson.mapper().writeValueAsString(comparison));
            statement.setString(2, begun.view());
            statement.setInt(3, begun.generation());
            return statement.executeUpdate();
          } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
          }
        });
    boolean newVersion = "new version".equals(state.cause()) && config.acceptNewVersions();
    if (comparison.equal()) {
      Log.infof("View %s: generation %d equals the live one", begun.view(), begun.generation());
      swap();
    } else {
      Log.warnf(
          "View %s: generation %d differs from the live one in %d rows%s%s",
          begun.view(),
          begun.generation(),
          comparison.differing(),
          comparison.samePosition() ? "" : " (they are not at one position)",
          newVersion || state.accepted() ? "; accepted" : "; it waits to be accepted or abandoned");
      if (newVersion || state.accepted()) {
        swap();
      } else {
        phase(Phase.DIFFERENT);
      }
    }
  }

  private int liveVersion() throws SQLException {
    return transaction(
        connection -> Generations.live(connection, begun.view()).orElseThrow().version());
  }

  /**
   * @return null if the two could not be brought to one position just now
   */
  private @Nullable Comparison comparison(boolean patient) throws SQLException {
    try (Connection snapshot = dataSource.getConnection()) {
      snapshot.setAutoCommit(false);
      int before = Sql.patience(snapshot, Sql.LONG);
      try {
        set(snapshot, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        // Whatever it takes: a comparison of large tables is no query of a request.
        set(snapshot, "SET LOCAL work_mem = '64MB'");
        Generation[] both = new Generation[2];
        boolean same =
            transaction(
                connection -> {
                  Generation live = Generations.live(connection, begun.view()).orElseThrow();
                  Map<TopicPartition, Long> held = Generations.hold(connection, live);
                  boolean caughtUp = Rebuilds.caughtUp(connection, next(connection), held);
                  // The first query makes the snapshot; the lock is let go behind it.
                  both[0] = Generations.live(snapshot, begun.view()).orElseThrow();
                  both[1] = next(snapshot);
                  return caughtUp;
                });
        if (!same && patient) {
          return null;
        }
        same &=
            Generations.offsets(snapshot, both[0]).equals(Generations.offsets(snapshot, both[1]));
        if (patient && Comparison.streamsAhead(snapshot, both[0], both[1]) > 0) {
          return null;
        }
        return Comparison.make(snapshot, worker.view(), both[0], both[1], same, Instant.now(clock));
      } finally {
        snapshot.rollback();
        Sql.patience(snapshot, before);
      }
    }
  }

  private void swap() throws SQLException, NotNowException {
    // Both take the same events from here on, so what was found of them holds until the swap.
    boolean swapped =
        rebuilds.swap(
            worker.view(),
            begun.generation(),
            (connection, live) -> Rebuilds.caughtUp(connection, next(connection), live));
    if (swapped) {
      Log.infof(
          "View %s: generation %d is live; the former one is kept for %s",
          begun.view(), begun.generation(), config.keep());
    } else {
      sleep(AGAIN);
    }
  }

  private void phase(Phase phase) throws SQLException {
    transaction(
        connection -> {
          try (PreparedStatement statement =
              connection.prepareStatement(
                  """
                  UPDATE view_rebuild SET phase = ?, phase_since = now()
                    WHERE view = ? AND generation = ? AND finished_at IS NULL""")) {
            statement.setString(1, phase.wire());
            statement.setString(2, begun.view());
            statement.setInt(3, begun.generation());
            return statement.executeUpdate();
          }
        });
  }

  private void failure(@Nullable String cause) throws SQLException {
    transaction(
        connection -> {
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "UPDATE view_rebuild SET failure = ? WHERE view = ? AND generation = ?")) {
            statement.setString(1, cause);
            statement.setString(2, begun.view());
            statement.setInt(3, begun.generation());
            return statement.executeUpdate();
          }
        });
  }

  private Optional<RebuildState> state() throws SQLException {
    return transaction(connection -> RebuildState.running(connection, begun.view()));
  }

  private @Nullable String place() throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT place FROM view_rebuild WHERE view = ? AND generation = ?")) {
      statement.setString(1, begun.view());
      statement.setInt(2, begun.generation());
      try (ResultSet results = statement.executeQuery()) {
        return results.next() ? results.getString(1) : null;
      }
    }
  }

  private boolean goesOn(Connection session) throws SQLException {
    if (stopping.getAsBoolean()) {
      return false;
    }
    if (!session.isValid(5)) {
      lost = true;
      throw new SQLException("the session that holds the rebuild's lock is gone");
    }
    return true;
  }

  private void execute(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, begun.view());
      statement.setInt(2, begun.generation());
      statement.executeUpdate();
    }
  }

  private static void set(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.execute();
    }
  }

  private interface Work<T> {
    T in(Connection connection) throws SQLException;
  }

  private <T> T transaction(Work<T> work) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      int before = Sql.patience(connection, Sql.LONG);
      try {
        T result = work.in(connection);
        connection.commit();
        return result;
      } catch (Throwable e) {
        try {
          connection.rollback();
        } catch (SQLException f) {
          e.addSuppressed(f);
        }
        throw e;
      } finally {
        Sql.patience(connection, before);
      }
    }
  }

  private void sleep(Duration duration) {
    long end = System.nanoTime() + duration.toNanos();
    try {
      while (!stopping.getAsBoolean() && System.nanoTime() < end) {
        Thread.sleep(Duration.ofNanos(Math.clamp(end - System.nanoTime(), 0, 50_000_000L)));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
