package io.headrace.command.platform.log;

import io.headrace.command.platform.log.EventLog.LoggedEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.sqlclient.Cursor;
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

  /** Rows are taken by their number, so this bounds the memory: by this many of the largest. */
  private static final int MAX_ROWS = 256;

  private static final int FIRST_ROWS = 4;

  /** What one batch should have, in characters of payload. */
  private static final long BATCH_CHARACTERS = 256 * 1024;

  private static final String BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

  /** Along the primary key: nothing is sorted, and the first row comes at once. */
  private static final String READ =
      """
      SELECT stream_id, stream_version, context, event_type, partition_key, recorded_at, metadata,
        payload
      FROM event_log
      WHERE (stream_id, stream_version) > ($1::text, $2::bigint)
        AND ($3::text[] IS NULL OR context = ANY($3::text[]))
      ORDER BY stream_id, stream_version
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
            this::open,
            reading ->
                Multi.createBy()
                    .repeating()
                    .uni(() -> reading.next(contexts, after))
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
                        events -> {
                          if (!events.isEmpty()) {
                            position.version = events.getLast().streamVersion();
                          }
                        }))
        .whilst(events -> events.size() == MAX_ROWS)
        .filter(events -> !events.isEmpty())
        .map(events -> events.stream().map(e -> new StoredEvent(streamId, e)).toList());
  }

  private static final class AtomicPosition {
    private long version;

    AtomicPosition(long version) {
      this.version = version;
    }
  }

  private Reading open() {
    if (open.incrementAndGet() > config.maxConcurrent()) {
      open.decrementAndGet();
      throw new BusyException(config.maxConcurrent());
    }
    return new Reading(sessions.single(config.maxPause(), config.fetchTimeout()));
  }

  private void close(Reading reading) {
    open.decrementAndGet();
    reading.pool.close();
  }

  /** One reader's session, transaction and cursor. Its calls follow one another. */
  private final class Reading {

    private final Pool pool;
    private @Nullable Cursor cursor;
    private int rows = FIRST_ROWS;
    private boolean more = true;

    Reading(Pool pool) {
      this.pool = pool;
    }

    Uni<List<StoredEvent>> next(List<String> contexts, Position after) {
      return Uni.createFrom()
          .<RowSet<Row>>emitter(
              emitter ->
                  cursor(contexts, after)
                      .compose(c -> c.read(rows))
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

    private Future<Cursor> cursor(List<String> contexts, Position after) {
      if (cursor != null) {
        return Future.succeededFuture(cursor);
      }
      return pool.getConnection()
          .compose(
              connection ->
                  connection
                      .query(BEGIN)
                      .execute()
                      .compose(begun -> declare(connection, contexts, after)))
          .onSuccess(declared -> cursor = declared);
    }

    private static Future<Cursor> declare(
        SqlConnection connection, List<String> contexts, Position after) {
      return connection
          .prepare(READ)
          .map(
              statement ->
                  statement.cursor(
                      Tuple.of(
                          after.streamId(),
                          after.streamVersion(),
                          contexts.isEmpty() ? null : contexts.toArray(String[]::new))));
    }

    private List<StoredEvent> batch(RowSet<Row> found) {
      more = cursor != null && cursor.hasMore();
      List<StoredEvent> events = new ArrayList<>(found.size());
      long characters = 1;
      for (Row row : found) {
        LoggedEvent event = PostgresEventLog.event(row);
        characters += event.payload().length() + (long) event.metadata().length();
        events.add(new StoredEvent(row.getString("stream_id"), event));
      }
      if (!events.isEmpty()) {
        rows =
            Math.clamp(
                BATCH_CHARACTERS * events.size() / characters, 1, Math.min(MAX_ROWS, 4 * rows));
      }
      return events;
    }
  }
}
