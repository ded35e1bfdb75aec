package io.headrace.command.platform.process;

import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** The tables of the process managers, read and written a batch at a time. Blocking. */
@ApplicationScoped
class ProcessStore {

  /** One process of one process manager. */
  record ProcessKey(String process, String key) {}

  /** What one process manager has seen of one stream. */
  record StreamKey(String process, String streamId) {}

  /**
   * @param state as JSON; null before the first event was folded
   * @param revision counts the writes of this row, from 1; 0 if there is no row
   */
  record StoredProcess(@Nullable String state, long revision, boolean stopped) {

    static final StoredProcess NONE = new StoredProcess(null, 0, false);
  }

  record Loaded(Map<ProcessKey, StoredProcess> processes, Map<StreamKey, Long> streams) {}

  record ParkedEvent(ProcessKey process, ReceivedEvent event, String cause) {}

  /**
   * The outcome of a batch.
   *
   * @param processes each with the revision that it gets: one more than was loaded
   * @param streams each with the latest version seen
   */
  record Changes(
      Map<ProcessKey, StoredProcess> processes,
      Map<StreamKey, Long> streams,
      List<ParkedEvent> parked) {

    boolean isEmpty() {
      return processes.isEmpty() && streams.isEmpty() && parked.isEmpty();
    }
  }

  /** Another replica has written one of the rows in the meantime; nothing was stored. */
  static final class OvertakenException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    OvertakenException() {
      super("another replica has handled some of these processes in the meantime");
    }
  }

  private static final String LOAD_PROCESSES =
      """
      SELECT process, key, state, revision, stopped
      FROM process_state JOIN unnest($1::text[], $2::text[]) AS wanted(process, key)
      USING (process, key)""";

  private static final String LOAD_STREAMS =
      """
      SELECT process, stream_id, version
      FROM process_stream JOIN unnest($1::text[], $2::text[]) AS wanted(process, stream_id)
      USING (process, stream_id)""";

  private static final String SAVE_PROCESSES =
      """
      INSERT INTO process_state AS stored (process, key, state, revision, stopped)
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::boolean[])
      ON CONFLICT (process, key) DO UPDATE
      SET state = excluded.state, revision = excluded.revision, stopped = excluded.stopped
      WHERE stored.revision = excluded.revision - 1""";

  private static final String SAVE_STREAMS =
      """
      INSERT INTO process_stream AS stored (process, stream_id, version)
      SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
      ON CONFLICT (process, stream_id) DO UPDATE SET version = excluded.version
      WHERE stored.version < excluded.version""";

  /** An event that comes again while its process is stopped is parked already. */
  private static final String PARK =
      """
      INSERT INTO process_parked (process, key, event, topic, partition, record_offset,
        headers, payload, cause)
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[],
        $6::bigint[], $7::text[], $8::bytea[], $9::text[])
      ON CONFLICT (process, event) DO NOTHING""";

  private static final String COUNT_STOPPED =
      "SELECT process, count(*) FROM process_state WHERE stopped AND process = ANY($1) GROUP BY process";

  private final Pool pool;
  private final Duration timeout;

  ProcessStore(Pool pool, ProcessConfig config) {
    this.pool = pool;
    this.timeout = config.timeout();
  }

  Loaded load(Set<ProcessKey> processes, Set<StreamKey> streams) {
    Map<ProcessKey, StoredProcess> loadedProcesses = new HashMap<>();
    for (Row row :
        query(
            LOAD_PROCESSES,
            Tuple.of(
                array(processes, String[]::new, ProcessKey::process),
                array(processes, String[]::new, ProcessKey::key)))) {
      loadedProcesses.put(
          new ProcessKey(row.getString(0), row.getString(1)),
          new StoredProcess(row.getString(2), row.getLong(3), row.getBoolean(4)));
    }
    Map<StreamKey, Long> loadedStreams = new HashMap<>();
    for (Row row :
        query(
            LOAD_STREAMS,
            Tuple.of(
                array(streams, String[]::new, StreamKey::process),
                array(streams, String[]::new, StreamKey::streamId)))) {
      loadedStreams.put(new StreamKey(row.getString(0), row.getString(1)), row.getLong(2));
    }
    return new Loaded(loadedProcesses, loadedStreams);
  }

  private RowSet<Row> query(String sql, Tuple arguments) {
    return pool.preparedQuery(sql).execute(arguments).await().atMost(timeout);
  }

  /**
   * All or nothing.
   *
   * @throws OvertakenException if another replica was faster
   */
  void save(Changes changes) {
    pool.withTransaction(
            connection ->
                saveProcesses(connection, changes)
                    .chain(() -> saveStreams(connection, changes))
                    .chain(() -> park(connection, changes)))
        .await()
        .atMost(timeout);
  }

  private static Uni<Void> saveProcesses(SqlConnection connection, Changes changes) {
    // In one order everywhere, so that two replicas cannot lock each other out.
    var rows =
        changes.processes().entrySet().stream()
            .sorted(
                Map.Entry.comparingByKey(
                    Comparator.comparing(ProcessKey::process).thenComparing(ProcessKey::key)))
            .toList();
    return write(
        connection,
        SAVE_PROCESSES,
        rows.size(),
        Tuple.of(
            array(rows, String[]::new, row -> row.getKey().process()),
            array(rows, String[]::new, row -> row.getKey().key()),
            array(rows, String[]::new, row -> row.getValue().state()),
            array(rows, Long[]::new, row -> row.getValue().revision()),
            array(rows, Boolean[]::new, row -> row.getValue().stopped())));
  }

  private static Uni<Void> saveStreams(SqlConnection connection, Changes changes) {
    var rows =
        changes.streams().entrySet().stream()
            .sorted(
                Map.Entry.comparingByKey(
                    Comparator.comparing(StreamKey::process).thenComparing(StreamKey::streamId)))
            .toList();
    return write(
        connection,
        SAVE_STREAMS,
        rows.size(),
        Tuple.of(
            array(rows, String[]::new, row -> row.getKey().process()),
            array(rows, String[]::new, row -> row.getKey().streamId()),
            array(rows, Long[]::new, Map.Entry::getValue)));
  }

  private static Uni<Void> write(SqlConnection connection, String sql, int rows, Tuple arguments) {
    if (rows == 0) {
      return Uni.createFrom().voidItem();
    }
    return connection
        .preparedQuery(sql)
        .execute(arguments)
        .invoke(
            result -> {
              if (result.rowCount() != rows) {
                throw new OvertakenException();
              }
            })
        .replaceWithVoid();
  }

  private static Uni<Void> park(SqlConnection connection, Changes changes) {
    List<ParkedEvent> rows = changes.parked();
    if (rows.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    // Only the bare tuple knows arrays of bytes.
    io.vertx.sqlclient.Tuple arguments =
        io.vertx.sqlclient.Tuple.tuple()
            .addArrayOfString(array(rows, String[]::new, row -> row.process().process()))
            .addArrayOfString(array(rows, String[]::new, row -> row.process().key()))
            .addArrayOfString(array(rows, String[]::new, row -> row.event().reference()))
            .addArrayOfString(array(rows, String[]::new, row -> row.event().record().topic()))
            .addArrayOfInteger(array(rows, Integer[]::new, row -> row.event().record().partition()))
            .addArrayOfLong(array(rows, Long[]::new, row -> row.event().record().offset()))
            .addArrayOfString(array(rows, String[]::new, row -> row.event().headersAsJson()))
            .addArrayOfBuffer(array(rows, Buffer[]::new, row -> payload(row.event())))
            .addArrayOfString(
                array(rows, String[]::new, row -> row.cause().replace('\0', '\uFFFD')));
    return connection.preparedQuery(PARK).execute(Tuple.newInstance(arguments)).replaceWithVoid();
  }

  private static @Nullable Buffer payload(ReceivedEvent event) {
    byte[] payload = event.record().value();
    return payload == null ? null : Buffer.buffer(payload);
  }

  /** How many processes of each of these process managers are stopped. */
  Uni<Map<String, Long>> countStopped(Collection<String> processManagers) {
    return pool.preparedQuery(COUNT_STOPPED)
        .execute(Tuple.of(processManagers.toArray(String[]::new)))
        .map(
            rows -> {
              Map<String, Long> counts = new HashMap<>();
              rows.forEach(row -> counts.put(row.getString(0), row.getLong(1)));
              return counts;
            });
  }

  private static <T, A> A[] array(
      Collection<T> rows, IntFunction<A[]> make, Function<T, ? extends @Nullable A> column) {
    return rows.stream().map(column).toArray(make);
  }
}
