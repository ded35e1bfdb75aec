package io.headrace.command.platform.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.command.platform.log.EventLog.KeyedAnswer;
import io.headrace.command.platform.log.EventLog.NewEvent;
import io.headrace.command.platform.log.EventLog.StreamAppend;
import io.headrace.command.platform.log.EventLog.StreamLock;
import io.headrace.command.platform.log.EventLog.StreamRead;
import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.LocalStackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(LocalStackResource.class)
class PostgresEventLogTest extends EventLogContract {

  private static final int POOL = 8;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** The sessions of this service's pool. */
  private static final String SESSIONS =
      "FROM pg_stat_activity WHERE application_name = 'headrace-command'";

  @Inject EventLog log;
  @Inject Reads reads;

  @Override
  EventLog log() {
    return log;
  }

  /** Each row tells the transaction that made it, and the statement within the transaction. */
  @Test
  void one_call_is_one_statement_however_many_streams_it_appends_to() throws Exception {
    List<String> streams = IntStream.range(0, 30).mapToObj(i -> stream()).toList();
    List<StreamAppend> appends = new ArrayList<>();
    for (int i = 0; i < streams.size(); i++) {
      appends.add(
          new StreamAppend(
              streams.get(i),
              0,
              List.of(event("a"), event("b"), event("c")),
              i % 2 == 0
                  ? List.of()
                  : List.of(new KeyedAnswer(streams.get(i), FINGERPRINT, "answer"))));
    }
    assertThat(await(log.append(appends)).done()).doesNotContain(false);
    assertThat(
            texts(
                """
                SELECT (SELECT count(*) || ' events by ' || count(DISTINCT (xmin::text, cmin::text))
                    FROM event_log WHERE stream_id = ANY (?))
                  || ', all rows by ' || count(DISTINCT writer) FROM (
                  SELECT (xmin::text, cmin::text) AS writer
                  FROM event_log WHERE stream_id = ANY (?)
                  UNION ALL
                  SELECT (xmin::text, cmin::text) FROM stream WHERE stream_id = ANY (?)
                  UNION ALL
                  SELECT (xmin::text, cmin::text) FROM idempotency WHERE key = ANY (?)) AS written
                """,
                streams,
                4))
        .containsExactly("90 events by 1, all rows by 1");
  }

  /**
   * No two batches may wait for each other. The log would hide it, as it repeats what PostgreSQL
   * has rolled back; so the server is asked.
   */
  @Override
  @Test
  void a_random_history_is_one_that_the_acknowledgements_tell() throws Exception {
    long before = deadlocks();
    super.a_random_history_is_one_that_the_acknowledgements_tell();
    assertThat(deadlocks()).isEqualTo(before);
  }

  /** A session tells the server what it has counted when it ends, else some time later. */
  private long deadlocks() throws Exception {
    texts("SELECT pg_terminate_backend(pid, 10000)::text " + SESSIONS);
    allSessionsAreFine();
    return Long.parseLong(
        texts("SELECT deadlocks::text FROM pg_stat_database WHERE datname = current_database()")
            .getFirst());
  }

  /** As by a replica that stands still: the stream is for others again, and the pool is whole. */
  @Test
  void a_lock_that_is_forgotten_ends_by_itself() {
    List<String> streams = IntStream.range(0, 3 * POOL).mapToObj(i -> stream()).toList();
    List<StreamLock> locks = new ArrayList<>();
    for (String stream : streams) {
      assertThat(await(log.append(List.of(append(stream, 0, List.of(event("1")))))).done())
          .containsExactly(true);
      locks.add(await(log.lock(stream)));
    }
    for (int i = 0; i < locks.size(); i++) {
      String stream = streams.get(i);
      assertThat(await(log.append(List.of(append(stream, 1, List.of(event("2")))))).done())
          .containsExactly(true);
      StreamLock lock = locks.get(i);
      assertThatThrownBy(() -> await(lock.append(append(stream, 2, List.of(event("x"))))))
          .isInstanceOf(LogUnavailableException.class);
      assertThat(await(log.read(stream, 0, 10)).events()).hasSize(2);
    }
  }

  /** In an answer of its own if not in one with the others. */
  @Test
  void of_large_streams_that_are_read_at_once_each_comes() throws Exception {
    String text = "x".repeat(EventLog.PAGE_BYTES / 3);
    List<String> streams = IntStream.range(0, 12).mapToObj(i -> stream()).toList();
    for (String stream : streams) {
      await(log.append(List.of(append(stream, 0, List.of(event("1" + text), event("2" + text))))));
    }
    for (StreamRead read : atOnce(12, i -> await(reads.read(streams.get(i), 0, null)))) {
      assertThat(read.events()).isNotEmpty();
      assertThat(read.more()).isEqualTo(read.events().size() < 2);
    }
  }

  private record Tried(
      String stream, long expected, String name, int events, boolean done, boolean mayBeThere) {}

  /**
   * Random appends of several events while the sessions that carry them out are ended by the
   * server, one after another: what was acknowledged is there, what was refused is not, and what
   * became of the others is not known, but is one of the two.
   */
  @Test
  void an_append_whose_session_ends_in_the_middle_is_there_wholly_or_not_at_all() throws Exception {
    List<String> streams = IntStream.range(0, 6).mapToObj(i -> stream()).toList();
    Queue<Tried> tried = new ConcurrentLinkedQueue<>();
    var over = new AtomicBoolean();
    long seed = System.nanoTime();
    Thread ender = Thread.ofPlatform().start(() -> endSessions(over, tried));
    try {
      atOnce(
          6,
          thread -> {
            var random = new Random(seed + thread);
            try (Connection connection = connect()) {
              for (int step = 0; !over.get(); step++) {
                String name = "%d/%d".formatted(thread, step);
                appendAtRandom(streams, connection, random, name, tried);
              }
            }
            return true;
          });
    } finally {
      over.set(true);
      ender.join();
      allSessionsAreFine();
    }
    assertThat(tried).anyMatch(t -> t.done);
    assertThat(tried).as("something was cut off").anyMatch(t -> !t.done && t.mayBeThere);
    for (String stream : streams) {
      isTrue(stream, tried.stream().filter(t -> t.stream.equals(stream)).toList(), seed);
    }
  }

  /** Until enough was acknowledged and enough was cut off. */
  private static void endSessions(AtomicBoolean over, Queue<Tried> tried) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      while (System.nanoTime() < deadline
          && (tried.stream().filter(t -> t.done).count() < 500
              || tried.stream().filter(t -> !t.done && t.mayBeThere).count() < 10)) {
        statement.execute(
            "SELECT pg_terminate_backend(pid) " + SESSIONS + " AND state = 'active' LIMIT 1");
        Thread.sleep(10); // else there would be nothing but refusals of the circuit breaker
      }
    } catch (SQLException | InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      over.set(true);
    }
  }

  /** To one stream, or to several in one call, each with a name of its own in its events. */
  private void appendAtRandom(
      List<String> streams, Connection connection, Random random, String step, Queue<Tried> tried)
      throws SQLException {
    List<String> shuffled = new ArrayList<>(streams);
    Collections.shuffle(shuffled, random);
    List<StreamAppend> appends = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (String stream : shuffled.subList(0, 1 + random.nextInt(3))) {
      List<NewEvent> events = new ArrayList<>();
      String name = step + "/" + appends.size();
      int size = 2 + random.nextInt(6);
      for (int e = 0; e < size; e++) {
        events.add(event("%s %d".formatted(name, e)));
      }
      names.add(name);
      appends.add(append(stream, version(connection, stream), events));
    }
    boolean[] done = new boolean[appends.size()];
    boolean mayBeThere = false;
    try {
      done = await(log.append(appends)).done();
    } catch (LogUnavailableException e) {
      mayBeThere = e.effectUnknown();
    }
    for (int i = 0; i < done.length; i++) {
      StreamAppend append = appends.get(i);
      tried.add(
          new Tried(
              append.streamId(),
              append.expectedVersion(),
              names.get(i),
              append.events().size(),
              done[i],
              done[i] || mayBeThere));
    }
  }

  private static void isTrue(String stream, List<Tried> tried, long seed) throws SQLException {
    List<String> events =
        texts(
            """
            SELECT stream_version || ' ' || (payload::json ->> 'is') FROM event_log
            WHERE stream_id = ANY (?) ORDER BY stream_version
            """,
            List.of(stream),
            1);
    Map<String, Tried> byName = new HashMap<>();
    tried.forEach(t -> byName.put(t.name, t));
    List<String> expected = new ArrayList<>();
    List<String> there = new ArrayList<>();
    while (expected.size() < events.size()) {
      String name = events.get(expected.size()).split(" ")[1];
      Tried append = byName.get(name);
      assertThat(append).as("seed %d: %s is of %s", seed, name, stream).isNotNull();
      assertThat(append.mayBeThere).as("seed %d: %s was refused", seed, append).isTrue();
      assertThat(append.expected).as("seed %d: %s", seed, append).isEqualTo(expected.size());
      for (int e = 0; e < append.events; e++) {
        expected.add("%d %s %d".formatted(expected.size() + 1, name, e));
      }
      there.add(name);
    }
    assertThat(events).as("seed %d", seed).isEqualTo(expected);
    assertThat(there).as("seed %d", seed).doesNotHaveDuplicates();
    assertThat(there)
        .as("seed %d: what was acknowledged", seed)
        .containsAll(tried.stream().filter(t -> t.done).map(Tried::name).toList());
  }

  /** Those that were ended have been noticed, and the circuit breaker is closed again. */
  private void allSessionsAreFine() {
    Awaitility.await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .until(
            () ->
                atOnce(16, i -> await(log.append(List.of(append(stream(), 0, List.of(event("")))))))
                        .size()
                    == 16);
  }

  private static long version(Connection connection, String stream) throws SQLException {
    String sql =
        "SELECT coalesce(max(stream_version), 0)::text FROM event_log WHERE stream_id = ANY (?)";
    return Long.parseLong(texts(connection, sql, List.of(stream), 1).getFirst());
  }

  private static Connection connect() throws SQLException {
    return LocalStackResource.postgres().connect(PostgresServer.COMMANDS);
  }

  private static List<String> texts(String sql) throws SQLException {
    return texts(sql, List.of(), 0);
  }

  /**
   * @param times how often the array stands in the statement
   */
  private static List<String> texts(String sql, List<String> array, int times) throws SQLException {
    try (Connection connection = connect()) {
      return texts(connection, sql, array, times);
    }
  }

  private static List<String> texts(
      Connection connection, String sql, List<String> array, int times) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 1; i <= times; i++) {
        statement.setArray(i, connection.createArrayOf("text", array.toArray()));
      }
      List<String> texts = new ArrayList<>();
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          texts.add(rows.getString(1));
        }
      }
      return texts;
    }
  }
}
