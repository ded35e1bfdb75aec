package io.headrace.command.platform.log;

import io.smallrye.mutiny.Uni;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/** The log in the tables of migration V1. */
@ApplicationScoped
class PostgresEventLog implements EventLog {

  /**
   * A snapshot comes as a row without an event type, before the events of its stream. The sum runs
   * in the order of the answer, and the length of a large value is known without a look at it.
   */
  private static final String READ_MANY =
      """
      WITH q AS MATERIALIZED (
        SELECT q.idx, q.stream_id, s.version AS snapshot, s.state,
          coalesce(s.version, q.after_version) AS after_version
        FROM unnest($1::text[], $2::bigint[], $3::text[]) WITH ORDINALITY
          AS q (stream_id, after_version, shape, idx)
        LEFT JOIN snapshot s
          ON s.stream_id = q.stream_id AND s.shape = q.shape AND s.version > q.after_version),
      found AS (
        SELECT idx, snapshot AS stream_version, NULL AS context, NULL AS event_type,
          NULL AS partition_key, NULL::bigint AS recorded_at, NULL AS metadata, state AS payload
        FROM q WHERE snapshot IS NOT NULL
        UNION ALL
        SELECT q.idx, e.stream_version, e.context, e.event_type, e.partition_key, e.recorded_at,
          e.metadata, e.payload
        FROM q
        CROSS JOIN LATERAL (
          SELECT * FROM event_log l
          WHERE l.stream_id = q.stream_id AND l.stream_version > q.after_version
          ORDER BY l.stream_version LIMIT $4) e)
      SELECT * FROM (
        SELECT *, sum(octet_length(payload)) OVER (
          ORDER BY idx, stream_version ROWS UNBOUNDED PRECEDING) AS bytes
        FROM found) AS summed
      WHERE bytes - octet_length(payload) < $5
      ORDER BY idx, stream_version
      """;

  private static final String KEEP =
      """
      INSERT INTO snapshot AS kept (stream_id, version, shape, state)
      SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[]) AS s (stream_id)
      ORDER BY s.stream_id
      ON CONFLICT (stream_id) DO UPDATE
        SET version = excluded.version, shape = excluded.shape, state = excluded.state,
          taken_at = now()
        WHERE kept.version < excluded.version OR kept.shape <> excluded.shape
      """;

  private static final String READ_ONE =
      """
      SELECT *, (SELECT version FROM stream WHERE stream_id = $1) AS head
      FROM (
        SELECT stream_version, context, event_type, partition_key, recorded_at, metadata, payload,
          sum(octet_length(payload)) OVER (
            ORDER BY stream_version ROWS UNBOUNDED PRECEDING) AS bytes
        FROM event_log
        WHERE stream_id = $1 AND stream_version > $2
        ORDER BY stream_version LIMIT $3) AS summed
      WHERE bytes - octet_length(payload) < $4
      ORDER BY stream_version
      """;

  /** As strong as what an append takes, and waits in the same line. */
  private static final String LOCK =
      "SELECT version FROM stream WHERE stream_id = $1 FOR NO KEY UPDATE";

  /** Each repetition means that another transaction committed a key of ours meanwhile. */
  private static final int KEY_RACES = 20;

  private final GuardedSession session;
  private final Clock clock;

  PostgresEventLog(GuardedSession session, Clock clock) {
    this.session = session;
    this.clock = clock;
  }

  @Override
  public Uni<AppendResult> append(List<StreamAppend> appends) {
    return Uni.createFrom()
        .deferred(() -> append(appends, session::write))
        .onFailure(Failures.RolledBackException.class)
        .retry()
        .atMost(KEY_RACES)
        .onFailure()
        .transform(PostgresEventLog::translate);
  }

  private Uni<AppendResult> append(
      List<StreamAppend> appends, BiFunction<String, Tuple, Uni<RowSet<Row>>> statement) {
    return LoneAppendStatement.suits(appends)
        ? statement
            .apply(
                LoneAppendStatement.SQL,
                LoneAppendStatement.parameters(appends.getFirst(), microseconds()))
            .map(LoneAppendStatement::result)
        : statement
            .apply(AppendStatement.SQL, AppendStatement.parameters(appends, microseconds()))
            .map(rows -> AppendStatement.result(rows.iterator().next(), appends.size()));
  }

  @Override
  public Uni<StreamLock> lock(String streamId) {
    return session
        .begin(LOCK, Tuple.of(streamId))
        .<StreamLock>map(HeadLock::new)
        .onFailure()
        .transform(PostgresEventLog::translate);
  }

  /** A transaction that holds the head of a stream. */
  private final class HeadLock implements StreamLock {

    private final SqlConnection transaction;

    HeadLock(SqlConnection transaction) {
      this.transaction = transaction;
    }

    @Override
    public Uni<AppendResult> append(StreamAppend append) {
      List<StreamAppend> appends = List.of(append);
      return PostgresEventLog.this
          .append(appends, (sql, parameters) -> session.commit(transaction, sql, parameters))
          // Its key was taken in this moment: a new statement sees that.
          .onFailure(Failures.RolledBackException.class)
          .recoverWithUni(() -> PostgresEventLog.this.append(appends))
          .onFailure()
          .transform(PostgresEventLog::translate);
    }

    @Override
    public void release() {
      session.rollback(transaction);
    }
  }

  private long microseconds() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
  }

  private static Throwable translate(Throwable failure) {
    RuntimeException classified = Failures.classify(failure);
    return classified instanceof Failures.RolledBackException
        ? new LogUnavailableException(false, "the event log is contended", classified)
        : classified;
  }

  @Override
  public Uni<List<StreamRead>> read(List<ReadFrom> from) {
    var streamIds = new String[from.size()];
    var versions = new Long[from.size()];
    var shapes = new String[from.size()];
    for (int i = 0; i < streamIds.length; i++) {
      streamIds[i] = from.get(i).streamId();
      versions[i] = from.get(i).afterVersion();
      shapes[i] = from.get(i).shape();
    }
    Tuple parameters =
        Tuple.tuple()
            .addArrayOfString(streamIds)
            .addArrayOfLong(versions)
            .addArrayOfString(shapes)
            .addInteger(PAGE)
            .addLong((long) PAGE_BYTES);
    return session
        .read(READ_MANY, parameters)
        .map(rows -> reads(from, rows))
        .onFailure()
        .transform(PostgresEventLog::translate);
  }

  private static List<StreamRead> reads(List<ReadFrom> from, RowSet<Row> rows) {
    List<List<LoggedEvent>> events = new ArrayList<>(from.size());
    var snapshots = new Snapshot[from.size()];
    for (int i = 0; i < from.size(); i++) {
      events.add(new ArrayList<>());
    }
    int last = 0;
    long bytes = 0;
    for (Row row : rows) {
      int index = (int) (row.getLong("idx") - 1);
      last = index;
      bytes = row.getLong("bytes");
      ReadFrom asked = from.get(index);
      if (row.getString("event_type") == null && asked.shape() != null) {
        snapshots[index] =
            new Snapshot(
                asked.streamId(),
                row.getLong("stream_version"),
                asked.shape(),
                row.getString("payload"));
      } else {
        events.get(index).add(event(row));
      }
    }
    List<StreamRead> reads = new ArrayList<>(from.size());
    for (int i = 0; i < from.size(); i++) {
      boolean cut = bytes >= PAGE_BYTES && i >= last;
      reads.add(new StreamRead(snapshots[i], events.get(i), cut || events.get(i).size() == PAGE));
    }
    return reads;
  }

  @Override
  public Uni<Void> keep(List<Snapshot> snapshots) {
    if (snapshots.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    Tuple parameters =
        Tuple.tuple()
            .addArrayOfString(snapshots.stream().map(Snapshot::streamId).toArray(String[]::new))
            .addArrayOfLong(snapshots.stream().map(Snapshot::version).toArray(Long[]::new))
            .addArrayOfString(snapshots.stream().map(Snapshot::shape).toArray(String[]::new))
            .addArrayOfString(snapshots.stream().map(Snapshot::state).toArray(String[]::new));
    return session
        .writeInBackground(KEEP, parameters)
        .replaceWithVoid()
        .onFailure()
        .transform(PostgresEventLog::translate);
  }

  @Override
  public Uni<StreamRead> read(String streamId, long afterVersion, int limit) {
    return session
        .read(READ_ONE, Tuple.of(streamId, afterVersion, limit, (long) PAGE_BYTES))
        .map(PostgresEventLog::page)
        .onFailure()
        .transform(PostgresEventLog::translate);
  }

  private static StreamRead page(RowSet<Row> rows) {
    List<LoggedEvent> events = new ArrayList<>(rows.size());
    boolean more = false;
    for (Row row : rows) {
      LoggedEvent event = event(row);
      events.add(event);
      more = event.streamVersion() < row.getLong("head");
    }
    return new StreamRead(null, events, more);
  }

  static LoggedEvent event(Row row) {
    return new LoggedEvent(
        row.getLong("stream_version"),
        row.getString("context"),
        row.getString("event_type"),
        row.getString("partition_key"),
        row.getLong("recorded_at"),
        row.getString("metadata"),
        row.getString("payload"));
  }
}
