package io.headrace.projection.platform.engine;

import io.headrace.events.platform.ViewStreams;
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
 * Tells those who watch a view which rows of it and of its rollups a transaction changes, and all
 * readers that it has moved on ({@link ViewChannel}): in that transaction, by one statement, and
 * only while readers see this generation.
 *
 * <p><b>Why a change is noted if and only if readers see it.</b> Whether the generation is live is
 * read by a statement of its own, when the places to read from are locked already. A swap of
 * generations holds the partitions of both until it has committed, so it is either over, and its
 * result is found here, or begins after this transaction. A redrive may hold no partition: it locks
 * the generation itself instead.
 *
 * <p><b>Why readers may believe the versions of streams</b> ({@link ViewStreams}). They are told
 * with the commit that brings the view to them, and only if nothing of the view was parked when its
 * place was locked, and nothing is parked by it. A stream's events all come from that place. So
 * each of them, up to this version, has been folded into every row that it concerns, here or in a
 * transaction before. Otherwise, as after a redrive, readers are told to look for themselves.
 *
 * <p><b>When nothing is told.</b> PostgreSQL keeps a notification until every session that listens
 * has read it. One that has stopped reading fills the queue in the end, and from then on whoever
 * notifies cannot commit (<a href="https://www.postgresql.org/docs/18/sql-notify.html">PostgreSQL,
 * NOTIFY</a>). So while it is more than half full nothing is told, and readers find what is new
 * when they look by themselves, every second.
 */
final class ChangeFeed<R extends Record> {

  private final CompiledView<R> view;
  private final int generation;
  private final String sql;
  private final String lockingSql;

  ChangeFeed(CompiledView<R> view, int generation) {
    this.view = view;
    this.generation = generation;
    String relations =
        String.join(", ", Collections.nCopies(view.tables().size(), "(?, ?::text[])"));
    this.sql = sql(relations, "");
    this.lockingSql = sql(relations, "FOR SHARE");
  }

  private static String sql(String relations, String locking) {
    return """
        WITH live AS MATERIALIZED (
          SELECT view, generation FROM view_generation
            WHERE view = ? AND generation = ? AND state = 'live' %s),
        noted AS (
          INSERT INTO view_change (relation, generation, keys)
            SELECT changed.relation, live.generation, changed.keys
            FROM live, (VALUES %s) AS changed (relation, keys) WHERE changed.keys <> '{}')
        SELECT CASE WHEN told.streams IS NOT NULL THEN pg_notify(?, told.streams) END,
            pg_notify(?, view || ':' || generation)
          FROM live, (VALUES (?::text)) AS told (streams)
          WHERE pg_notification_queue_usage() <= 0.5"""
        .formatted(locking, relations);
  }

  /**
   * The caller holds the partitions that its events come from.
   *
   * @param anythingParked whether anything of the view was when they were locked
   */
  void tell(Pipeline pipeline, Fold<R> fold, boolean anythingParked) {
    boolean complete = !anythingParked && fold.parked().isEmpty();
    String streams =
        complete ? ViewStreams.encode(view.name(), generation, fold.versions()).orElse(null) : null;
    tell(pipeline, fold, streams, sql);
  }

  /** The caller may hold none. */
  void tellRedriven(Connection connection, Fold<R> fold) throws SQLException {
    Pipeline pipeline = new Pipeline(connection);
    tell(pipeline, fold, null, lockingSql);
    pipeline.send();
  }

  private void tell(Pipeline pipeline, Fold<R> fold, @Nullable String streams, String statement) {
    List<Collection<? extends @Nullable Object>> changed = new ArrayList<>();
    changed.add(rows(fold));
    fold.rolled().forEach(rolled -> changed.add(totals(rolled)));
    pipeline.query(
        statement,
        parameters -> {
          parameters.text(view.name()).number(generation);
          for (int i = 0; i < changed.size(); i++) {
            parameters.text(view.tables().get(i)).array(changed.get(i));
          }
          parameters.text(ViewStreams.CHANNEL).text(ViewChannel.NAME).text(streams);
        },
        _ -> {});
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
   * Forgets changes of a view that are older than this, and notes up to where. Only changes of
   * transactions that every snapshot taken from now on sees: so whoever has taken one since then,
   * has seen all of them, and who took one before can tell that it may not have.
   */
  static void prune(Connection connection, CompiledView<?> view, Duration retention)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            WITH pruned AS (
              DELETE FROM view_change
                WHERE relation = ANY(?::text[]) AND changed_at < now() - ?::interval
                  AND xid < pg_snapshot_xmin(pg_current_snapshot())
                RETURNING relation, xid)
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
