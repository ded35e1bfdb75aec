package io.headrace.projection.platform.engine;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Compares a generation that was built with the live one, at one position.
 *
 * <p>The live one's positions are locked, which stops it between two transactions; the new one,
 * which takes from a partition only what the live one has taken, catches up; a snapshot is taken of
 * both, and the lock is let go at once.
 */
final class Verification {

  private final CompiledView<?> view;
  private final int generation;
  private final DataSource dataSource;
  private final Transactions transactions;
  private final Clock clock;

  Verification(
      CompiledView<?> view,
      int generation,
      DataSource dataSource,
      Transactions transactions,
      Clock clock) {
    this.view = view;
    this.generation = generation;
    this.dataSource = dataSource;
    this.transactions = transactions;
    this.clock = clock;
  }

  /** The generation that was built. */
  Generation built(Connection connection) throws SQLException {
    return Generations.of(connection, view.name()).stream()
        .filter(g -> g.number() == generation)
        .findFirst()
        .orElseThrow(() -> new SQLException("the generation being built is gone"));
  }

  /**
   * @param patient whether nothing but one position will do
   * @return null if the two could not be brought to one position just now
   */
  @Nullable Comparison make(boolean patient) throws SQLException {
    try (Connection snapshot = dataSource.getConnection()) {
      snapshot.setAutoCommit(false);
      int before = Sql.patience(snapshot, Sql.LONG);
      try {
        set(snapshot, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
        // Whatever it takes: a comparison of large tables is no query of a request.
        set(snapshot, "SET LOCAL work_mem = '64MB'");
        Generation[] both = new Generation[2];
        boolean same =
            transactions.run(
                connection -> {
                  Generation live = Generations.requireLive(connection, view.name());
                  Map<TopicPartition, Long> held = Generations.hold(connection, live);
                  boolean caughtUp = Rebuilds.caughtUp(connection, built(connection), held);
                  // The first query makes the snapshot; the lock is let go behind it.
                  both[0] = Generations.requireLive(snapshot, view.name());
                  both[1] = built(snapshot);
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
        return Comparison.make(snapshot, view, both[0], both[1], same, Instant.now(clock));
      } finally {
        snapshot.rollback();
        Sql.patience(snapshot, before);
      }
    }
  }

  private static void set(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.execute();
    }
  }
}
