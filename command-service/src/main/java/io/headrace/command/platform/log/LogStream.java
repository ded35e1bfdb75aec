package io.headrace.command.platform.log;

import io.headrace.command.platform.log.EventLog.LoggedEvent;
import io.headrace.command.platform.log.EventLog.StreamRead;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The whole log, or what some contexts wrote to it, for whoever builds a view anew.
 *
 * <p><b>Order.</b> By stream id (in the collation of the database) and stream version. It is not
 * the order in which the events were recorded; within a stream it is. It never changes for events
 * that are there, so a {@link Position} stays good for ever.
 *
 * <p><b>What is in it.</b> One subscription reads one snapshot: exactly the events that were
 * committed when it began. A reader that goes on after a position gets a later snapshot. It has
 * then seen every event of the first snapshot, and some of the later ones: those are what it must
 * get from Kafka anyway, from the offsets noted before the first snapshot, dropping duplicates.
 */
@ApplicationScoped
public class LogStream {

  private static final int MAX_ROWS = 256;

  /** Events of other contexts among them, so that a statement has an end where few are wanted. */
  private static final int MAX_LOOKED_AT = 10_000;

  /** Of payloads, after which a batch ends; its last event may go beyond it. */
  private static final long MAX_BYTES = 256 * 1024;

  private static final String BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

  /**
   * Along the primary key, as far as the limit: nothing is sorted, and the first rows come at once
   * however large the log is. The last row looked at comes too, wanted or not, and tells where to
   * go on; unless there was no room for a wanted one before it.
   */
  private static final String READ =
      """
      SELECT * FROM (
        SELECT *, row_number() OVER along AS looked_at,
          sum(CASE WHEN wanted THEN octet_length(payload) ELSE 0 END) OVER along AS bytes
        FROM (
          SELECT stream_id, stream_version, context, event_type, partition_key, recorded_at,
            metadata, payload, $3::text[] IS NULL OR context = ANY($3::text[]) AS wanted
          FROM event_log
          WHERE (stream_id, stream_version) > ($1::text, $2::bigint)) AS events
        WINDOW along AS (ORDER BY stream_id, stream_version ROWS UNBOUNDED PRECEDING)
        ORDER BY stream_id, stream_version LIMIT $4) AS summed
      WHERE CASE WHEN wanted THEN bytes - octet_length(payload) < $5
        ELSE looked_at = $4 AND bytes < $5 END
      ORDER BY stream_id, stream_version LIMIT $6
      """;

  private static final String ESTIMATE =
      "SELECT greatest(reltuples, 0)::bigint AS events FROM pg_class WHERE oid = 'event_log'::regclass";

  /** The place of an event in the order of this stream. */
  public record Position(String streamId, long streamVersion) {

    public static final Position START = new Position("", 0);
  }

  public record StoredEvent(String streamId, LoggedEvent event) {

    public Position position() {
      return new Position(streamId, event.streamVersion());
    }
  }

  /** As many streams are being read as the configuration allows. */
  public static final class BusyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    BusyException(int limit) {
      super("the log is being read by %d others".formatted(limit), null, false, false);
    }
  }

  private final GuardedSession session;
  private final PoolOfSessions sessions;
  private final EventLog log;
  private final LogStreamConfig config;
  private final AtomicInteger open = new AtomicInteger();

  LogStream(GuardedSession session, PoolOfSessions sessions, EventLog log, LogStreamConfig config) {
    this.session = session;
    this.sessions = sessions;
    this.log = log;
    this.config = config;
  }

  /** About how many events the log has, of all contexts; 0 where nobody knows. */
  public Uni<Long> estimate() {
    return session
        .read(ESTIMATE, Tuple.tuple())
        .map(rows -> rows.iterator().next().getLong("events"));
  }

  /**
   * Reads in batches, each one only when it is asked for. It holds a session of its own, not one of
   * the pool, and closes it at the end, whichever end that is.
   *
   * @param contexts none for all
   * @return no batch is empty. It fails with {@link BusyException} at once, or with {@link
   *     LogUnavailableException} at any time.
   */
  public Multi<List<StoredEvent>> read(List<String> contexts, Position after) {
    return Multi.createFrom()
        .resource(
            () -> open(contexts, after),
            reading ->
                Multi.createBy()
                    .repeating()
                    .uni(reading::next)
                    .whilst(batch -> reading.more)
                    .filter(batch -> !batch.isEmpty()))
        .withFinalizer(this::close);
  }

  /** One stream after a version, in batches; not in one snapshot, which makes no difference. */
  public Multi<List<StoredEvent>> readStream(String streamId, long afterVersion) {
    return Multi.createBy()
        .repeating()
        .uni(
            () -> new AtomicPosition(afterVersion),
            position ->
                log.read(streamId, position.version, MAX_ROWS)
                    .invoke(
                        read -> {
                          if (!read.events().isEmpty()) {
                            position.version = read.events().getLast().streamVersion();
                          }
                        }))
        .whilst(StreamRead::more)
        .map(read -> read.events().stream().map(e -> new StoredEvent(streamId, e)).toList())
        .filter(events -> !events.isEmpty());
  }

  private static final class AtomicPosition {
    private long version;

    AtomicPosition(long version) {
      this.version = version;
    }
  }

  private Reading open(List<String> contexts, Position after) {
    if (open.incrementAndGet() > config.maxConcurrent()) {
      open.decrementAndGet();
      throw new BusyException(config.maxConcurrent());
    }
    return new Reading(sessions.single(config.maxPause(), config.fetchTimeout()), contexts, after);
  }

  private void close(Reading reading) {
    open.decrementAndGet();
    reading.pool.close();
  }

  /** One reader's session and transaction. Its calls follow one another. */
  private final class Reading {

    private final Pool pool;
    private final String @Nullable [] contexts;
    private Position position;
    private @Nullable SqlConnection transaction;
    private boolean more = true;

    Reading(Pool pool, List<String> contexts, Position after) {
      this.pool = pool;
      this.contexts = contexts.isEmpty() ? null : contexts.toArray(String[]::new);
      this.position = after;
    }

    Uni<List<StoredEvent>> next() {
      return Uni.createFrom()
          .<RowSet<Row>>emitter(
              emitter ->
                  transaction()
                      .compose(this::page)
                      .onComplete(
                          result -> {
                            if (result.succeeded()) {
                              emitter.complete(result.result());
                            } else {
                              emitter.fail(Failures.classify(result.cause()));
                            }
                          }))
          // Past the database's own limit: it is silent.
          .ifNoItem()
          .after(config.fetchTimeout().plusSeconds(5))
          .failWith(
              () ->
                  new LogUnavailableException(false, "the event log did not answer in time", null))
          .map(this::batch);
    }

    private Future<SqlConnection> transaction() {
      if (transaction != null) {
        return Future.succeededFuture(transaction);
      }
      return pool.getConnection()
          .map(connection -> connection.exceptionHandler(Failures::betweenStatements))
          .compose(connection -> connection.query(BEGIN).execute().map(connection))
          .onSuccess(begun -> transaction = begun);
    }

    private Future<RowSet<Row>> page(SqlConnection session) {
      return session
          .preparedQuery(READ)
          .execute(
              Tuple.of(
                  position.streamId(),
                  position.streamVersion(),
                  contexts,
                  MAX_LOOKED_AT,
                  MAX_BYTES,
                  MAX_ROWS));
    }

    private List<StoredEvent> batch(RowSet<Row> found) {
      List<StoredEvent> events = new ArrayList<>(found.size());
      more = found.size() == MAX_ROWS;
      for (Row row : found) {
        var event = new StoredEvent(row.getString("stream_id"), PostgresEventLog.event(row));
        position = event.position();
        if (row.getBoolean("wanted")) {
          events.add(event);
        }
        more |= row.getLong("bytes") >= MAX_BYTES || row.getLong("looked_at") == MAX_LOOKED_AT;
      }
      return events;
    }
  }
}
