package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.CompiledRollup.Total;
import io.headrace.projection.platform.engine.Fold.Rolled;
import io.headrace.projection.platform.engine.Fold.Written;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Notes which rows of a view and of its rollups a transaction changes, for those who watch them: in
 * that transaction, and only while readers see this generation.
 *
 * <p><b>Why a change is noted if and only if readers see it.</b> Whether the generation is live is
 * read by a statement of its own, when the places to read from are locked already. A swap of
 * generations holds the partitions of both until it has committed, so it is either over, and its
 * result is found here, or begins after this transaction. A redrive may hold no partition: it locks
 * the generation itself instead.
 */
final class ChangeFeed<R extends Record> {

  private final CompiledView<R> view;
  private final int generation;
  private final String insert;

  ChangeFeed(CompiledView<R> view, int generation) {
    this.view = view;
    this.generation = generation;
    this.insert =
        """
        INSERT INTO view_change (relation, generation, keys)
          SELECT c.relation, g.generation, c.keys
          FROM view_generation g, (VALUES %s) AS c (relation, keys)
          WHERE g.view = ? AND g.generation = ? AND g.state = 'live' AND c.keys <> '{}'"""
            .formatted(
                String.join(", ", Collections.nCopies(view.tables().size(), "(?, ?::text[])")));
  }

  /** The caller holds the partitions that its events come from. */
  void note(Connection connection, Fold<R> fold) throws SQLException {
    note(connection, fold, insert);
  }

  /** The caller may hold none. */
  void noteRedriven(Connection connection, Fold<R> fold) throws SQLException {
    note(connection, fold, insert + " FOR SHARE OF g");
  }

  private void note(Connection connection, Fold<R> fold, String sql) throws SQLException {
    List<Collection<? extends @Nullable Object>> changed = new ArrayList<>();
    changed.add(rows(fold));
    fold.rolled().forEach(rolled -> changed.add(totals(rolled)));
    if (changed.stream().allMatch(Collection::isEmpty)) {
      return;
    }
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      int index = 1;
      for (int i = 0; i < changed.size(); i++) {
        statement.setString(index++, view.tables().get(i));
        Sql.bind(statement, index++, changed.get(i));
      }
      statement.setString(index++, view.name());
      statement.setInt(index, generation);
      statement.executeUpdate();
    }
  }

  private static <R extends Record> List<String> rows(Fold<R> fold) {
    List<String> keys = new ArrayList<>();
    fold.inserts().stream().map(Written::key).forEach(keys::add);
    fold.updates().stream().map(Written::key).forEach(keys::add);
    keys.addAll(fold.deletes());
    return keys;
  }

  private static <K extends Record> Set<@Nullable String> totals(Rolled<?, K, ?> rolled) {
    Set<@Nullable String> keys = new LinkedHashSet<>();
    for (Total<K> total : rolled.deltas().inKeyOrder()) {
      keys.add(rolled.rollup().keys().encode(total.key())[0]);
    }
    return keys;
  }

  /**
   * Forgets changes of a view that are older than this, and notes up to where: who has not seen one
   * of them can find that out.
   */
  static void prune(Connection connection, CompiledView<?> view, Duration retention)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            WITH pruned AS (
              DELETE FROM view_change
                WHERE relation = ANY(?::text[]) AND changed_at < now() - ?::interval RETURNING relation, xid)
            INSERT INTO view_change_pruned (relation, through)
              SELECT relation, max(xid) FROM pruned GROUP BY relation ORDER BY relation
              ON CONFLICT (relation) DO UPDATE
                SET through = greatest(view_change_pruned.through, excluded.through)""")) {
      Sql.bind(statement, 1, view.tables());
      statement.setString(2, retention.toString());
      statement.executeUpdate();
    }
  }
}
