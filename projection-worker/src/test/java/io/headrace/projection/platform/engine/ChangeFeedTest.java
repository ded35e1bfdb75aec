package io.headrace.projection.platform.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.Topics;
import io.headrace.projection.contexts.sample.AccountEvent;
import io.headrace.projection.contexts.sample.AccountEvent.Closed;
import io.headrace.projection.contexts.sample.AccountEvent.Cursed;
import io.headrace.projection.contexts.sample.AccountEvent.Moved;
import io.headrace.projection.contexts.sample.AccountsView;
import io.headrace.projection.contexts.sample.AccountsView.Account;
import io.headrace.projection.platform.engine.Failures.FencedException;
import io.headrace.projection.platform.view.Rollup;
import io.headrace.projection.platform.view.Source;
import io.headrace.projection.platform.view.View;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** What those who watch a view are told; on a real PostgreSQL, with a view of its own. */
class ChangeFeedTest {

  private static final Retry.Owner FOREVER = () -> true;
  private static final String NOTED =
      """
      SELECT string_agg(format('%s %s %s', relation, generation, (SELECT array_agg(k ORDER BY k) FROM unnest(keys) AS k)),
          '; ' ORDER BY xid, relation)
        FROM view_change WHERE relation LIKE 'watched%'""";

  private final EventCatalogue catalogue = new EventCatalogue(List.of(AccountEvent.EVENTS));
  private final CompiledView<Account> view = new CompiledView<>(new Watched());
  private final Map<String, Long> versions = new HashMap<>();
  private Servers servers;
  private long offset;

  @BeforeEach
  void two_generations() throws Exception {
    servers = Servers.get();
    AccountsView.mended = false;
    for (int generation = 1; generation <= 2; generation++) {
      servers.execute(
          """
          CREATE TABLE watched_g%1$d (account_id text COLLATE "C" PRIMARY KEY, balance bigint NOT NULL, moves integer NOT NULL);
          CREATE TABLE watched_total_g%1$d (kind text PRIMARY KEY, accounts bigint NOT NULL, balance bigint NOT NULL);
          GRANT SELECT, INSERT, UPDATE, DELETE ON watched_g%1$d, watched_total_g%1$d TO headrace_projection;
          ALTER TABLE watched_g%1$d OWNER TO headrace_owner;
          ALTER TABLE watched_total_g%1$d OWNER TO headrace_owner;
          INSERT INTO view_generation (view, generation, view_version, state)
            VALUES ('watched', %1$d, 1, '%2$s')"""
              .formatted(generation, generation == 1 ? "live" : "retired"));
    }
    servers.execute(
        """
        CREATE VIEW watched AS SELECT * FROM watched_g1;
        CREATE VIEW watched_total AS SELECT * FROM watched_total_g1;
        ALTER VIEW watched OWNER TO headrace_owner;
        ALTER VIEW watched_total OWNER TO headrace_owner""");
  }

  @AfterEach
  void nothing_left() throws SQLException {
    servers.execute(
        """
        DROP VIEW watched, watched_total;
        DROP TABLE watched_g1, watched_total_g1, watched_g2, watched_total_g2;
        DELETE FROM parked_event WHERE view = 'watched';
        DELETE FROM parked_lane WHERE view = 'watched';
        DELETE FROM view_stream WHERE view = 'watched';
        DELETE FROM view_partition WHERE view = 'watched';
        DELETE FROM view_generation WHERE view = 'watched';
        DELETE FROM view_change WHERE relation LIKE 'watched%';
        DELETE FROM view_change_pruned WHERE relation LIKE 'watched%'""");
  }

  @Test
  void a_transaction_notes_the_rows_and_the_totals_that_it_changes_once_each() throws Exception {
    Reader reader = new Reader(1);
    reader.take(moved("s", "a", "b"), moved("s", "a", "c"), moved("s", "b", "c"));
    assertThat(noted()).isEqualTo("watched 1 {a,b,c}; watched_total 1 {creditor,debtor}");
    assertThat(servers.ask("SELECT count(DISTINCT xid) FROM view_change WHERE relation LIKE 'wa%'"))
        .isEqualTo("1");
    reader.take(event("t", new Closed("b")));
    assertThat(noted()).endsWith("{creditor,debtor}; watched 1 {b}; watched_total 1 {creditor}");
  }

  @Test
  void a_batch_asks_postgresql_twice() throws Exception {
    Reader reader = new Reader(1);
    try (RoundTrips trips = new RoundTrips()) {
      reader.take(moved("s", "a", "b"));
      assertThat(trips.taken()).as("with new rows").isEqualTo(2);
      // Rows and totals, versions, offsets and what is told; also when the driver has prepared it.
      for (int i = 0; i < 8; i++) {
        reader.take(moved("s", "a", "b"), moved("t", "a", "b"));
        assertThat(trips.taken()).isEqualTo(2);
      }
      reader.take(event("u", new Closed("b")));
      assertThat(trips.taken()).as("without some rows").isEqualTo(2);
    }
    assertThat(noted()).contains("; watched 1 {a,b}; watched_total 1 {creditor,debtor}");
    assertThat(servers.ask("SELECT string_agg(kind, ',') FROM watched_total")).isEqualTo("debtor");
  }

  @Test
  void of_a_batch_that_fails_where_it_commits_only_the_row_is_missing_whose_total_is_refused()
      throws Exception {
    Reader reader = new Reader(1);
    reader.take(moved("s", "a", "b"));
    String before = noted();
    servers.execute(
        """
        ALTER TABLE watched_total_g1 ADD CONSTRAINT poor
          CHECK (kind <> 'creditor' OR balance < 5) NOT VALID""");
    reader.take(moved("s", "a", "b"), event("t", new Moved("x", "y", 7)));
    assertThat(
            servers.ask(
                "SELECT string_agg(account_id || balance, ',' ORDER BY account_id) FROM watched_g1"))
        .isEqualTo("a-2,b2,x-7");
    assertThat(
            servers.ask(
                "SELECT string_agg(lane, ',' ORDER BY lane) FROM parked_lane WHERE view = 'watched'"))
        .isEqualTo("y");
    assertThat(noted())
        .startsWith(before)
        .endsWith(
            "watched 1 {a,b}; watched_total 1 {creditor,debtor}; watched 1 {x}; watched_total 1 {debtor}");
    servers.execute("ALTER TABLE watched_total_g1 DROP CONSTRAINT poor");
    // A lane is locked before the rows, and what waits behind it waits on.
    reader.take(moved("s", "a", "y"), moved("t", "a", "c"));
    assertThat(servers.ask("SELECT balance FROM watched_g1 WHERE account_id = 'a'"))
        .isEqualTo("-4");
    assertThat(servers.ask("SELECT count(*) FROM parked_event WHERE view = 'watched'"))
        .isEqualTo("2");
  }

  @Test
  void a_row_that_appears_meanwhile_is_found_before_the_commit() throws Exception {
    Reader reader = new Reader(1);
    Reader other = new Reader(1, 1);
    CompletableFuture<Void> taken;
    Inbound theirs = event("s", new Moved("a", "b", 1));
    Inbound ours =
        Inbound.of(Published.of(catalogue, "t", 1, new Moved("a", "c", 1)).at(1, 0), catalogue);
    try (Connection first = servers.dataSource.getConnection()) {
      first.setAutoCommit(false);
      first.createStatement().execute("INSERT INTO watched_g1 VALUES ('a', 10, 1)");
      taken =
          CompletableFuture.runAsync(
              () -> {
                try {
                  other.take(ours);
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThatThrownBy(() -> taken.get(300, TimeUnit.MILLISECONDS))
          .as("it waits for the row")
          .isInstanceOf(TimeoutException.class);
      first.commit();
    }
    taken.get(60, TimeUnit.SECONDS);
    reader.take(theirs);
    assertThat(
            servers.ask(
                "SELECT string_agg(account_id || balance, ',' ORDER BY account_id) FROM watched_g1"))
        .isEqualTo("a8,b1,c1");
  }

  @Test
  void what_changes_nothing_is_not_noted() throws Exception {
    Reader reader = new Reader(1);
    reader.take(moved("s", "a", "b"));
    String before = noted();
    versions.clear();
    reader.take(moved("s", "a", "b"), event("t", new Closed("nobody")));
    assertThat(noted()).isEqualTo(before);
  }

  @Test
  void what_is_rolled_back_is_not_noted() throws Exception {
    Reader owner = new Reader(1);
    Reader zombie = new Reader(1);
    Inbound event = moved("s", "a", "b");
    owner.take(event);
    String before = noted();
    assertThatThrownBy(() -> zombie.take(event)).isInstanceOf(FencedException.class);
    assertThat(noted()).isEqualTo(before);
  }

  @Test
  void a_redrive_notes_what_it_changes() throws Exception {
    Reader reader = new Reader(1);
    reader.take(event("s", new Cursed("a", false)), moved("t", "a", "b"));
    assertThat(noted()).startsWith("watched 1 {b};");
    AccountsView.mended = true;
    new Redrive<>(reader.worker, catalogue).lane(new Lane(Lane.Kind.KEY, "a"), FOREVER);
    assertThat(noted()).contains("; watched 1 {a};");
  }

  @Test
  void nothing_is_noted_of_a_generation_that_nobody_reads() throws Exception {
    new Reader(2).take(moved("s", "a", "b"));
    servers.execute(
        "UPDATE view_generation SET state = 'building', bound = true WHERE view = 'watched' AND generation = 2");
    Inbound next = moved("t", "c", "d");
    new Reader(1).take(next);
    new Reader(2).take(next);
    assertThat(noted()).startsWith("watched 1 {c,d};").doesNotContain("watched 2");
  }

  @Test
  void an_event_that_is_taken_while_generations_are_swapped_is_noted_of_the_one_that_is_live_then()
      throws Exception {
    Reader former = new Reader(2);
    former.take(moved("s", "a", "b"));
    CompletableFuture<Void> taken;
    try (Connection swap = servers.dataSource.getConnection()) {
      swap.setAutoCommit(false);
      List<Generation> both = Generations.of(swap, "watched");
      Generations.swap(swap, view, both.get(0), both.get(1), Duration.ofHours(1));
      Inbound next = moved("s", "b", "c");
      taken =
          CompletableFuture.runAsync(
              () -> {
                try {
                  former.take(next);
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThatThrownBy(() -> taken.get(300, TimeUnit.MILLISECONDS))
          .as("it waits for the swap")
          .isInstanceOf(TimeoutException.class);
      swap.commit();
    }
    taken.get(60, TimeUnit.SECONDS);
    assertThat(noted()).startsWith("watched 2 {b,c};");
  }

  @Test
  void what_is_old_is_forgotten_and_it_is_known_up_to_where() throws Exception {
    Reader reader = new Reader(1);
    reader.take(moved("s", "a", "b"));
    servers.execute("UPDATE view_change SET changed_at = now() - interval '20 minutes'");
    String last = servers.ask("SELECT max(xid) FROM view_change");
    reader.take(moved("s", "b", "c"));
    prune();
    assertThat(noted()).startsWith("watched 1 {b,c};");
    assertThat(pruned()).isEqualTo(last);
    prune();
    assertThat(pruned()).isEqualTo(last);
  }

  @Test
  void readers_are_told_which_streams_have_come_to_which_versions_and_then_that_the_view_moved()
      throws Exception {
    Reader reader = new Reader(1);
    try (Connection listener = listener()) {
      reader.take(moved("s:\"1\"\n", "a", "b"), moved("s:\"1\"\n", "b", "c"));
      assertThat(told(listener))
          .containsExactly(
              "headrace_view_streams watched:1\n[\"s:\\\"1\\\"\\n\",2]",
              "headrace_views watched:1");
      reader.take(moved("t", "a", "b"), moved("s:\"1\"\n", "b", "c"), moved("u", "a", "b"));
      assertThat(told(listener).getFirst()).endsWith("\n[\"s:\\\"1\\\"\\n\",3,\"t\",1,\"u\",1]");
      versions.clear();
      reader.take(moved("t", "a", "b"));
      assertThat(told(listener))
          .as("what was taken before moves nothing")
          .containsExactly("headrace_view_streams watched:1\n[]", "headrace_views watched:1");
    }
  }

  @Test
  void readers_are_told_no_streams_while_anything_is_parked() throws Exception {
    Reader reader = new Reader(1);
    try (Connection listener = listener()) {
      reader.take(event("s", new Cursed("a", false)), moved("t", "b", "c"));
      assertThat(told(listener)).as("parked now").containsExactly("headrace_views watched:1");
      reader.take(moved("u", "b", "c"));
      assertThat(told(listener)).as("parked before").containsExactly("headrace_views watched:1");
      AccountsView.mended = true;
      new Redrive<>(reader.worker, catalogue).lane(new Lane(Lane.Kind.KEY, "a"), FOREVER);
      assertThat(told(listener)).as("redriven").containsExactly("headrace_views watched:1");
      reader.take(moved("u", "b", "c"));
      assertThat(told(listener))
          .containsExactly(
              "headrace_view_streams watched:1\n[\"u\",2]", "headrace_views watched:1");
    }
  }

  @Test
  void more_streams_than_a_notification_holds_are_not_told() throws Exception {
    Reader reader = new Reader(1);
    String letters = "x".repeat(80);
    try (Connection listener = listener()) {
      reader.take(
          IntStream.range(0, 100)
              .mapToObj(i -> moved(letters + i, "a", "b"))
              .toArray(Inbound[]::new));
      assertThat(told(listener)).containsExactly("headrace_views watched:1");
      reader.take(
          IntStream.range(0, 90)
              .mapToObj(i -> moved(letters + i, "a", "b"))
              .toArray(Inbound[]::new));
      assertThat(told(listener)).hasSize(2);
    }
  }

  @Test
  void readers_are_told_nothing_of_a_generation_that_they_do_not_see_and_no_streams_with_a_swap()
      throws Exception {
    try (Connection listener = listener()) {
      new Reader(2).take(moved("s", "a", "b"));
      assertThat(told(listener)).isEmpty();
      try (Connection swap = servers.dataSource.getConnection()) {
        swap.setAutoCommit(false);
        List<Generation> both = Generations.of(swap, "watched");
        Generations.swap(swap, view, both.get(0), both.get(1), Duration.ofHours(1));
        swap.commit();
      }
      assertThat(told(listener)).containsExactly("headrace_views watched:2");
    }
  }

  private Connection listener() throws SQLException {
    Connection listener = servers.reader();
    listener.createStatement().execute("LISTEN headrace_views; LISTEN headrace_view_streams");
    return listener;
  }

  /** What was committed before this is called is told with the answer to its question. */
  private static List<String> told(Connection listener) throws SQLException {
    listener.createStatement().execute("SELECT 1");
    return Stream.of(listener.unwrap(PGConnection.class).getNotifications())
        .filter(each -> each.getParameter().startsWith("watched:"))
        .map(each -> each.getName() + " " + each.getParameter())
        .toList();
  }

  private void prune() throws SQLException {
    try (Connection connection = servers.dataSource.getConnection()) {
      ChangeFeed.prune(connection, view, Duration.ofMinutes(15));
    }
  }

  private String pruned() throws SQLException {
    return servers.ask("SELECT through FROM view_change_pruned WHERE relation = 'watched'");
  }

  private String noted() throws SQLException {
    return servers.ask(NOTED);
  }

  private Inbound moved(String stream, String from, String to) {
    return event(stream, new Moved(from, to, 1));
  }

  private Inbound event(String stream, AccountEvent event) {
    long version = versions.merge(stream, 1L, Long::sum);
    return Inbound.of(Published.of(catalogue, stream, version, event).at(0, offset++), catalogue);
  }

  /** Reads a partition from wherever the first event is. */
  private final class Reader {

    private final ViewWorker<Account> worker;
    private final Positions positions = new Positions();

    Reader(int generation) throws Exception {
      this(generation, 0);
    }

    Reader(int generation, int partition) throws Exception {
      worker =
          new ViewWorker<>(
              view,
              generation,
              servers.dataSource,
              new Retry(Duration.ofMillis(50), Duration.ofSeconds(1)),
              new ViewMetrics(
                  new io.micrometer.core.instrument.simple.SimpleMeterRegistry(),
                  "watched",
                  generation));
      positions.hold(
          worker.positions(
              Map.of(
                  new TopicPartition(Topics.of(AccountEvent.EVENTS.context()), partition), 1_000L),
              FOREVER));
    }

    void take(Inbound... events) throws Exception {
      worker.take(List.of(events), positions, FOREVER);
    }
  }

  private record Watched() implements View<Account> {

    private static final AccountsView ORIGINAL = new AccountsView();

    @Override
    public String name() {
      return "watched";
    }

    @Override
    public Class<Account> rowType() {
      return Account.class;
    }

    @Override
    public List<Source<Account, ?>> sources() {
      return ORIGINAL.sources();
    }

    @Override
    public List<Rollup<Account, ?, ?>> rollups() {
      return ORIGINAL.rollups().stream().<Rollup<Account, ?, ?>>map(Renamed::new).toList();
    }
  }

  private record Renamed<K extends Record, M extends Record>(Rollup<Account, K, M> rollup)
      implements Rollup<Account, K, M> {

    @Override
    public String name() {
      return "watched_total";
    }

    @Override
    public Class<K> keyType() {
      return rollup.keyType();
    }

    @Override
    public Class<M> measuresType() {
      return rollup.measuresType();
    }

    @Override
    public List<Contribution<K, M>> contributions(Account row) {
      return rollup.contributions(row);
    }
  }
}
