package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.Generation.State;
import io.headrace.projection.platform.engine.RebuildState.Phase;
import io.quarkus.logging.Log;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of rebuilds. All of it is written to the database, where the worker that carries a
 * rebuild out, whichever it is, finds it.
 */
final class Rebuilds {

  private static final Duration KAFKA_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration CATCH_UP = Duration.ofSeconds(15);

  private final Transactions transactions;
  private final TopicEnds ends;
  private final Duration keep;
  private final Runnable changed;
  private final AtomicInteger changes = new AtomicInteger();

  /**
   * @param changed called whenever there may be something else to run
   */
  Rebuilds(DataSource dataSource, TopicEnds ends, Duration keep, Runnable changed) {
    this.transactions = new Transactions(dataSource);
    this.ends = ends;
    this.keep = keep;
    this.changed = changed;
  }

  /** What is asked cannot be done as things stand. */
  static final class NotNowException extends Exception {
    private static final long serialVersionUID = 1L;

    NotNowException(String message) {
      super(message);
    }

    /** The rows that readers see are of another version than this worker's code. */
    static NotNowException ofVersion(CompiledView<?> view, Generation live) {
      return new NotNowException(
          "The live generation %d of view %s is of version %d, and this worker has version %d: ask a worker that has version %d."
              .formatted(
                  live.number(), view.name(), live.version(), view.version(), live.version()));
    }
  }

  /**
   * @param eventsPerSecond null: as fast as it goes
   * @param accepted whether the new generation takes over whatever the comparison finds
   */
  record Request(
      String cause,
      @Nullable Integer eventsPerSecond,
      boolean accepted,
      @Nullable String by,
      @Nullable String note) {}

  /**
   * Creates the tables and the progress of a new generation. First of all, where the topics end
   * now: what is published later is read from there, and what was published before is in the log by
   * the time it is read.
   *
   * @throws NotNowException if it is being rebuilt already, or the live generation is of a newer
   *     version than this worker's, which is not to be put back by the way
   * @throws org.apache.kafka.common.KafkaException if Kafka does not answer
   */
  RebuildState begin(CompiledView<?> view, Request request) throws SQLException, NotNowException {
    Map<TopicPartition, Long> recorded = ends.of(view.topics(), KAFKA_TIMEOUT);
    return transact(
        connection -> {
          Generations.lock(connection, view.name());
          Optional<RebuildState> running = RebuildState.running(connection, view.name());
          if (running.isPresent()) {
            throw new NotNowException(
                "View %s is being rebuilt already, as generation %d."
                    .formatted(view.name(), running.get().generation()));
          }
          List<Generation> existing = Generations.of(connection, view.name());
          Generation live = Generations.requireLive(existing, view.name());
          if (live.version() > view.version()) {
            throw NotNowException.ofVersion(view, live);
          }
          int number = Generations.create(connection, view, live, existing);
          insert(connection, view, number, live, request);
          start(connection, view, number, recorded, Generations.offsets(connection, live));
          Log.infof(
              "View %s is rebuilt as generation %d, version %d (%s)",
              view.name(), number, view.version(), request.cause);
          return RebuildState.running(connection, view.name()).orElseThrow();
        });
  }

  private static void insert(
      Connection connection, CompiledView<?> view, int number, Generation live, Request request)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            INSERT INTO view_rebuild (view, generation, replaces, cause, events_per_second, accepted, accepted_by, note,
                events_total)
              SELECT ?, ?, ?, ?, ?::integer, ?, ?, ?, sum(version) FROM view_stream WHERE view = ? AND generation = ?""")) {
      statement.setString(1, view.name());
      statement.setInt(2, number);
      statement.setInt(3, live.number());
      statement.setString(4, request.cause);
      statement.setObject(5, request.eventsPerSecond, Types.INTEGER);
      statement.setBoolean(6, request.accepted);
      statement.setString(7, request.accepted ? request.by : null);
      statement.setString(8, request.note);
      // A stream at version n has n events.
      statement.setString(9, view.name());
      statement.setInt(10, live.number());
      statement.executeUpdate();
    }
  }

  /**
   * The lesser of the recorded end and the live generation's position. The latter alone would do,
   * but for one that lags so far behind that Kafka has let go of what it has not read: then the
   * recorded end is as good, for the log has it all. Never beyond the live one: the two could not
   * be brought to one position.
   */
  private static void start(
      Connection connection,
      CompiledView<?> view,
      int number,
      Map<TopicPartition, Long> recorded,
      Map<TopicPartition, Long> live)
      throws SQLException {
    List<TopicPartition> partitions = new ArrayList<>(recorded.keySet());
    partitions.sort(
        Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
    try (PreparedStatement statement =
        connection.prepareStatement(
            "INSERT INTO view_partition (view, generation, topic, partition, next_offset) VALUES (?, ?, ?, ?, ?)")) {
      for (TopicPartition each : partitions) {
        statement.setString(1, view.name());
        statement.setInt(2, number);
        statement.setString(3, each.topic());
        statement.setInt(4, each.partition());
        statement.setLong(5, Math.min(recorded.get(each), live.getOrDefault(each, 0L)));
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  /** Has the rebuild wait where it is, or go on. */
  RebuildState pause(CompiledView<?> view, boolean paused) throws SQLException, NotNowException {
    return change(
        view, "paused = ?, events_rate = NULL", statement -> statement.setBoolean(1, paused), 1);
  }

  /**
   * @param eventsPerSecond null: as fast as it goes
   */
  RebuildState limit(CompiledView<?> view, @Nullable Integer eventsPerSecond)
      throws SQLException, NotNowException {
    return change(
        view,
        "events_per_second = ?",
        statement -> statement.setObject(1, eventsPerSecond, Types.INTEGER),
        1);
  }

  /** The new generation is to take over although its rows differ, or whether or not they will. */
  RebuildState accept(CompiledView<?> view, String by, String note)
      throws SQLException, NotNowException {
    return change(
        view,
        "accepted = true, accepted_by = ?, note = ?",
        statement -> {
          statement.setString(1, by);
          statement.setString(2, note);
        },
        2);
  }

  /** Has the comparison made anew. */
  RebuildState compareAgain(CompiledView<?> view) throws SQLException, NotNowException {
    return change(
        view,
        "phase = CASE phase WHEN 'different' THEN 'comparing' ELSE phase END, phase_since = now()",
        statement -> {},
        0);
  }

  private interface Binding {
    void bind(PreparedStatement statement) throws SQLException;
  }

  private RebuildState change(CompiledView<?> view, String set, Binding binding, int bound)
      throws SQLException, NotNowException {
    return transact(
        connection -> {
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "UPDATE view_rebuild SET %s WHERE view = ? AND finished_at IS NULL"
                      .formatted(set))) {
            binding.bind(statement);
            statement.setString(bound + 1, view.name());
            if (statement.executeUpdate() == 0) {
              throw new NotNowException("View %s is not being rebuilt.".formatted(view.name()));
            }
          }
          return RebuildState.running(connection, view.name()).orElseThrow();
        });
  }

  private <T, E extends Exception> T transact(Transactions.Work<T, E> work) throws SQLException, E {
    T result = transactions.run(work);
    tellChanged();
    return result;
  }

  /** Something else may be to run now. */
  void tellChanged() {
    changes.incrementAndGet();
    changed.run();
  }

  /** Another number after each change. */
  int changes() {
    return changes.get();
  }

  /** Gives the new generation up and deletes it. */
  void abandon(CompiledView<?> view) throws SQLException, NotNowException {
    transact(
        connection -> {
          Generations.lock(connection, view.name());
          RebuildState running =
              RebuildState.running(connection, view.name())
                  .orElseThrow(
                      () ->
                          new NotNowException(
                              "View %s is not being rebuilt.".formatted(view.name())));
          finish(connection, running, Phase.ABANDONED);
          Generations.drop(connection, view, running.generation());
          Log.infof(
              "The rebuild of view %s as generation %d was abandoned",
              view.name(), running.generation());
          return running;
        });
  }

  /** The caller holds {@link Generations#lock}. */
  static void finish(Connection connection, RebuildState rebuild, Phase phase) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            UPDATE view_rebuild SET phase = ?, phase_since = now(), finished_at = now(), failure = NULL
              WHERE view = ? AND generation = ?""")) {
      statement.setString(1, phase.wire());
      statement.setString(2, rebuild.view());
      statement.setInt(3, rebuild.generation());
      statement.executeUpdate();
    }
  }

  /**
   * Has readers see the generation again that was live before. It was kept up to date, so this
   * takes a moment; what readers see does not go back in time.
   *
   * @return the generation that is live now
   */
  int rollBack(CompiledView<?> view) throws SQLException, NotNowException {
    Generation former =
        transactions.run(
            connection -> {
              List<Generation> generations = Generations.of(connection, view.name());
              return generations.stream()
                  .filter(g -> g.state() == State.RETIRED)
                  .max(Comparator.comparing(Generation::keptUntil))
                  .orElseThrow(
                      () ->
                          new NotNowException(
                              "View %s has no former generation any more.".formatted(view.name())));
            });
    if (former.version() != view.version()) {
      throw new NotNowException(
          "Generation %d of view %s was filled by version %d of the view, and this worker has version %d: deploy that one first."
              .formatted(former.number(), view.name(), former.version(), view.version()));
    }
    long deadline = System.nanoTime() + CATCH_UP.toNanos();
    while (!swap(view, former.number(), (connection, live) -> caughtUp(connection, former, live))) {
      if (System.nanoTime() > deadline) {
        throw new NotNowException(
            "Generation %d of view %s does not catch up with the live one; try again."
                .formatted(former.number(), view.name()));
      }
      sleep(Duration.ofMillis(50));
    }
    Log.infof("View %s was rolled back to generation %d", view.name(), former.number());
    return former.number();
  }

  interface SwapCheck {
    /**
     * @param live held where it is
     * @return whether to swap; if not, nothing is changed
     */
    boolean ready(Connection connection, Map<TopicPartition, Long> live) throws SQLException;
  }

  /** Waits a moment for the generation to be as far as the live one is. */
  static boolean caughtUp(
      Connection connection, Generation generation, Map<TopicPartition, Long> live)
      throws SQLException {
    long deadline = System.nanoTime() + Duration.ofSeconds(2).toNanos();
    while (Generations.behind(Generations.offsets(connection, generation), live) > 0) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      sleep(Duration.ofMillis(5));
    }
    return true;
  }

  /**
   * Has another generation take the place of the live one, in one transaction. Nobody takes events
   * for the live one meanwhile, so what readers find afterwards is not older than what they found
   * before.
   *
   * <p>Replacing the SQL views waits for the statements that are reading them, and new statements
   * would wait behind it; so it gives up soon, and is tried again. It also gives up before
   * PostgreSQL looks for deadlocks (after a second): a reader of two views that meets it half-way
   * is not the one to be cancelled.
   *
   * @return false if it could not be done now
   */
  boolean swap(CompiledView<?> view, int next, SwapCheck check)
      throws SQLException, NotNowException {
    try {
      return transact(
          connection -> {
            Generations.lock(connection, view.name());
            List<Generation> generations = Generations.of(connection, view.name());
            Generation live = Generations.requireLive(generations, view.name());
            Generation chosen =
                generations.stream().filter(g -> g.number() == next).findFirst().orElse(null);
            if (chosen == null || chosen.state() == State.LIVE) {
              throw new NotNowException(
                  "Generation %d of view %s cannot be made live.".formatted(next, view.name()));
            }
            if (!check.ready(connection, Generations.hold(connection, live))) {
              connection.rollback();
              return false;
            }
            try (PreparedStatement statement =
                connection.prepareStatement("SET LOCAL lock_timeout = '400ms'")) {
              statement.execute();
            }
            Generations.swap(connection, view, live, chosen, keep);
            Optional<RebuildState> rebuild = RebuildState.running(connection, view.name());
            if (rebuild.isPresent() && rebuild.get().generation() == next) {
              finish(connection, rebuild.get(), Phase.SWAPPED);
            }
            return true;
          });
    } catch (SQLException e) {
      if ("55P03".equals(e.getSQLState())) { // lock_not_available
        Log.debugf("View %s is being read: its generations are swapped later", view.name());
        return false;
      }
      throw e;
    }
  }

  /** Deletes generations whose time is over. */
  void dropExpired(CompiledView<?> view) throws SQLException {
    transactions.run(
        connection -> {
          if (!Generations.expired(connection, view.name()).isEmpty()) {
            Generations.lock(connection, view.name());
            // Again, for one of them may have become live by a rollback.
            for (int each : Generations.expired(connection, view.name())) {
              Generations.drop(connection, view, each);
              Log.infof("Generation %d of view %s is gone", each, view.name());
            }
          }
          return true;
        });
  }

  private static void sleep(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
