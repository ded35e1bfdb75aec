package io.headrace.command.platform.log;

import io.smallrye.mutiny.Uni;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** The log in the tables of migration V1. */
@ApplicationScoped
class PostgresEventLog implements EventLog {

  private static final String READ_MANY =
      """
      SELECT q.idx, e.stream_version, e.context, e.event_type, e.partition_key, e.recorded_at,
        e.metadata, e.payload
      FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS q (stream_id, after_version, idx)
      CROSS JOIN LATERAL (
        SELECT * FROM event_log l
        WHERE l.stream_id = q.stream_id AND l.stream_version > q.after_version
        ORDER BY l.stream_version LIMIT $3) e
      ORDER BY q.idx, e.stream_version
      """;

  private static final String READ_ONE =
      """
      SELECT stream_version, context, event_type, partition_key, recorded_at, metadata, payload
      FROM event_log
      WHERE stream_id = $1 AND stream_version > $2
      ORDER BY stream_version LIMIT $3
      """;

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
        .deferred(
            () ->
                session.write(
                    AppendStatement.SQL, AppendStatement.parameters(appends, microseconds())))
        .onFailure(Failures.RolledBackException.class)
        .retry()
        .atMost(KEY_RACES)
        .map(rows -> AppendStatement.result(rows.iterator().next(), appends.size()))
        .onFailure()
        .transform(PostgresEventLog::translate);
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
  public Uni<List<List<LoggedEvent>>> read(List<ReadFrom> from) {
    var streamIds = new String[from.size()];
    var versions = new Long[from.size()];
    for (int i = 0; i < streamIds.length; i++) {
      streamIds[i] = from.get(i).streamId();
      versions[i] = from.get(i).afterVersion();
    }
    Tuple parameters =
        Tuple.tuple().addArrayOfString(streamIds).addArrayOfLong(versions).addInteger(PAGE);
    return session
        .read(READ_MANY, parameters)
        .map(
            rows -> {
              List<List<LoggedEvent>> events = new ArrayList<>(from.size());
              for (int i = 0; i < from.size(); i++) {
                events.add(new ArrayList<>());
              }
              for (Row row : rows) {
                events.get((int) (row.getLong("idx") - 1)).add(event(row));
              }
              return events;
            })
        .onFailure()
        .transform(PostgresEventLog::translate);
  }

  @Override
  public Uni<List<LoggedEvent>> read(String streamId, long afterVersion, int limit) {
    return session
        .read(READ_ONE, Tuple.of(streamId, afterVersion, limit))
        .map(PostgresEventLog::events)
        .onFailure()
        .transform(PostgresEventLog::translate);
  }

  private static List<LoggedEvent> events(RowSet<Row> rows) {
    List<LoggedEvent> events = new ArrayList<>(rows.size());
    for (Row row : rows) {
      events.add(event(row));
    }
    return events;
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
