package io.headrace.projection.platform.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.headrace.events.platform.EventCatalogue;
import io.headrace.localstack.PostgresServer;
import io.headrace.projection.contexts.sample.AccountEvent;
import io.headrace.projection.contexts.sample.AccountEvent.Cursed;
import io.headrace.projection.contexts.sample.AccountEvent.Moved;
import io.headrace.projection.contexts.sample.AccountsView;
import io.headrace.projection.contexts.sample.AccountsView.Account;
import io.headrace.projection.platform.engine.Comparison.Difference;
import io.headrace.projection.platform.engine.RebuildState.Phase;
import io.headrace.projection.platform.engine.Rebuilds.NotNowException;
import io.headrace.projection.platform.engine.Rebuilds.Request;
import io.headrace.projection.platform.view.Rollup;
import io.headrace.projection.platform.view.Source;
import io.headrace.projection.platform.view.View;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Rebuilds on real servers. Every test adds transfers between accounts to those of the tests before
 * it, and finds the view on whichever generation they have left it.
 */
class RebuildTest {

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Request PLAIN = new Request("requested", null, false, null, null);
  private static final Map<String, Account> expected = new TreeMap<>();
  private static long nextStream;
  private static int version = 1;

  private final EventCatalogue catalogue = new EventCatalogue(List.of(AccountEvent.EVENTS));
  private final List<Supervisor> workers = new ArrayList<>();
  private Servers servers;

  @BeforeEach
  void start() throws Exception {
    servers = Servers.get();
    servers.log.breakAfter(Integer.MAX_VALUE);
  }

  @AfterEach
  void stop() {
    workers.forEach(Supervisor::close);
  }

  @Test
  void a_view_is_rebuilt_under_load_and_no_reader_sees_an_error_or_a_mixture() throws Exception {
    Supervisor worker = worker(new Accounts(version, 1));
    worker(new Accounts(version, 1));
    publish(600, 1);
    int before = live();
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Future<Integer>> readers =
          List.of(threads.submit(() -> read(done)), threads.submit(() -> read(done)));
      Future<?> writer =
          threads.submit(
              () -> {
                for (int seed = 100; !done.get() && seed < 300; seed++) {
                  publish(50, seed);
                }
                return null;
              });
      try {
        worker.rebuilds().begin(view(worker), PLAIN);
        await().atMost(PATIENCE).until(() -> state().phase() == Phase.SWAPPED);
        Comparison comparison = state().comparison();
        assertThat(comparison.equal()).isTrue();
        assertThat(comparison.tables())
            .extracting(Comparison.Table::name)
            .containsExactly("accounts", "accounts_total");
        assertThat(live()).isGreaterThan(before);
        int rebuilt = live();

        assertThat(worker.rebuilds().rollBack(view(worker))).isEqualTo(before);
        assertThat(live()).isEqualTo(before);
        assertThat(worker.rebuilds().rollBack(view(worker))).isEqualTo(rebuilt);
      } finally {
        done.set(true);
      }
      writer.get();
      for (Future<Integer> reader : readers) {
        assertThat(reader.get()).isPositive();
      }
    }
    awaitExpected(1);
  }

  /**
   * Totals are sums of rows at every moment, in whichever generation; and rows do not become fewer.
   */
  private int read(AtomicBoolean done) throws SQLException {
    int reads = 0;
    long seen = 0;
    try (Connection connection = servers.reader();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                SELECT (SELECT coalesce(sum(moves), 0) FROM accounts),
                    (SELECT count(*) FROM accounts), (SELECT coalesce(sum(accounts), 0) FROM accounts_total)""")) {
      // Prepared on the server, as the query service's are.
      statement.unwrap(org.postgresql.PGStatement.class).setPrepareThreshold(1);
      while (!done.get()) {
        try (ResultSet results = statement.executeQuery()) {
          results.next();
          assertThat(results.getLong(1)).isGreaterThanOrEqualTo(seen);
          assertThat(results.getLong(2)).isEqualTo(results.getLong(3));
          seen = results.getLong(1);
        }
        reads++;
      }
    }
    return reads;
  }

  @Test
  void a_rebuild_can_be_slowed_down_paused_and_goes_on_after_a_crash_and_a_log_that_breaks_off()
      throws Exception {
    Supervisor first = worker(new Accounts(version, 1));
    publish(600, 2);
    awaitExpected(1);
    servers.log.breakAfter(250);
    first.rebuilds().begin(view(first), new Request("requested", 300, false, null, null));
    assertThatThrownBy(() -> first.rebuilds().begin(view(first), PLAIN))
        .isInstanceOf(NotNowException.class);
    await().atMost(PATIENCE).until(() -> state().eventsDone() > 0);

    first.rebuilds().pause(view(first), true);
    long paused = awaitStill();
    assertThat(paused).isLessThan(state().eventsTotal());
    assertThat(state().eventsRate()).isNull();
    first.close();
    workers.remove(first);
    // Another one takes it up where it was left, and it is paused still.
    Supervisor second = worker(new Accounts(version, 1));
    await()
        .during(Duration.ofMillis(500))
        .atMost(PATIENCE)
        .until(() -> state().eventsDone() == paused);
    second.rebuilds().limit(view(second), null);
    second.rebuilds().pause(view(second), false);

    await().atMost(PATIENCE).until(() -> state().phase() == Phase.SWAPPED);
    assertThat(state().comparison().equal()).isTrue();
    assertThat(state().eventsDone()).isEqualTo(state().eventsTotal());
    awaitExpected(1);
  }

  @Test
  void a_worker_that_looks_around_seldom_does_at_once_what_it_is_asked_itself() throws Exception {
    Supervisor worker = worker(new Accounts(version, 1), Map.of("supervision-interval", "1h"));
    publish(100, 7);
    awaitExpected(1);
    int before = live();
    worker.rebuilds().begin(view(worker), PLAIN);
    worker.rebuilds().abandon(view(worker));
    worker.rebuilds().begin(view(worker), PLAIN);
    await().atMost(PATIENCE).until(() -> state().phase() == Phase.SWAPPED);
    int rebuilt = live();
    assertThat(rebuilt).isNotEqualTo(before);
    assertThat(worker.rebuilds().rollBack(view(worker))).isEqualTo(before);
    assertThat(worker.rebuilds().rollBack(view(worker))).isEqualTo(rebuilt);
    awaitExpected(1);
  }

  private long awaitStill() {
    long[] seen = {-1};
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(700))
        .until(
            () -> {
              long before = seen[0];
              seen[0] = state().eventsDone();
              return before == seen[0];
            });
    return seen[0];
  }

  @Test
  void what_parks_in_a_rebuild_is_met_by_the_batches_that_were_folded_already() throws Exception {
    AccountsView.mended = false;
    Supervisor worker = worker(new Accounts(version, 1));
    publish(200, 5);
    String cursed = "cursed-" + nextStream;
    servers.publish(
        List.of(
            // PostgreSQL refuses both rows, new as they are: one breaks a constraint, and no index
            // takes the key of the other. In the log it stands before all else that parks, so it
            // is met by a batch that was folded ahead.
            event("transfers-1-refused", 1, new Moved("from-" + cursed, large(), 5_000)),
            event("transfers-2-cursed", 1, new Cursed(cursed, false)),
            event("transfers-2-cursed", 2, new Moved(cursed, cursed, 1))));
    await().atMost(PATIENCE).until(() -> parked(live()).equals("4"));
    // Of another stream, so nothing but time puts it behind; read last, many batches later.
    servers.publish(List.of(event("z-after-" + cursed, 1, new Moved(cursed, cursed, 1))));
    // Behind the refused one in the log, and with it in no row: nothing but their place in the
    // queue keeps these batches from being written without it.
    List<Published> apart = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Moved moved = new Moved("from-apart-" + i, "to-apart-" + i, 1);
      apart.add(event("transfers-1-then-" + i, 1, moved));
      count(moved);
    }
    servers.publish(apart);
    publish(200, 6);
    awaitExpected(1);
    await().atMost(PATIENCE).until(() -> parked(live()).equals("5"));

    worker.rebuilds().begin(view(worker), PLAIN);
    await().atMost(PATIENCE).until(() -> state().phase() == Phase.SWAPPED);
    assertThat(state().comparison().equal()).isTrue();
    assertThat(parked(live())).isEqualTo("5");
    awaitExpected(1);
    // The tests that come are not to meet it: with nothing parked, batches are folded ahead.
    servers.execute("DELETE FROM parked_event");
    servers.execute("DELETE FROM parked_lane");
    try (Connection owner = servers.postgres.connect(PostgresServer.COMMANDS)) {
      owner
          .createStatement()
          .execute(
              "DELETE FROM event_log WHERE stream_id IN ('transfers-2-cursed', 'transfers-1-refused', 'z-after-%s')"
                  .formatted(cursed));
    }
  }

  private static String large() {
    return new Random(1)
        .ints(6_000, 'A', 'Z')
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private String parked(int generation) throws SQLException {
    return servers.ask(
        "SELECT count(*) FROM parked_event WHERE view = 'accounts' AND generation = " + generation);
  }

  /** A stream stays in one partition. */
  private Published event(String stream, long at, AccountEvent event) {
    Published each = Published.of(catalogue, stream, at, event);
    return new Published(each.topic(), stream, each.headers(), each.payload(), stream, at);
  }

  @Test
  void a_difference_is_named_and_waits_to_be_accepted_or_abandoned() throws Exception {
    Supervisor worker = worker(new Accounts(version, 1));
    publish(200, 3);
    awaitExpected(1);
    String table = "accounts_g" + live();
    String key = expected.keySet().iterator().next();
    servers.execute(
        "UPDATE %s SET moves = moves + 1 WHERE account_id = '%s'".formatted(table, key));
    servers.execute("INSERT INTO %s VALUES ('a ghost', 1, 1)".formatted(table));
    int before = live();

    worker.rebuilds().begin(view(worker), PLAIN);
    await().atMost(PATIENCE).until(() -> state().phase() == Phase.DIFFERENT);
    Comparison.Table rows = state().comparison().tables().getFirst();
    assertThat(state().comparison().samePosition()).isTrue();
    assertThat(rows.changed()).isEqualTo(1);
    assertThat(rows.onlyInOld()).isEqualTo(1);
    assertThat(rows.onlyInNew()).isZero();
    assertThat(rows.examples())
        .containsExactlyInAnyOrder(
            new Difference(key, "changed", List.of("moves")),
            new Difference("a ghost", "only in the old", List.of()));
    worker.rebuilds().abandon(view(worker));
    assertThat(live()).isEqualTo(before);
    assertThat(servers.ask("SELECT to_regclass('accounts_g%d')".formatted(before + 1))).isNull();

    worker.rebuilds().begin(view(worker), PLAIN);
    await().atMost(PATIENCE).until(() -> state().phase() == Phase.DIFFERENT);
    publish(50, 4);
    worker.rebuilds().accept(view(worker), "operator", "the row was changed by hand");
    await().atMost(PATIENCE).until(() -> state().phase() == Phase.SWAPPED);
    awaitExpected(1);
  }

  @Test
  void a_new_version_is_built_when_it_is_deployed_and_a_former_one_can_come_back()
      throws Exception {
    Supervisor former = worker(new Accounts(version, 1));
    publish(300, 5);
    awaitExpected(1);
    int old = live();
    version++;
    Supervisor next = worker(new Accounts(version, 2));
    await().atMost(PATIENCE).until(() -> next.coming().contains("accounts"));
    publish(100, 6);
    await().atMost(PATIENCE).until(() -> live() > old && state().phase() == Phase.SWAPPED);
    assertThat(state().comparison().samePosition()).isTrue();
    assertThat(state().comparison().differing()).isPositive();
    publish(100, 7);
    awaitExpected(2);
    await().atMost(PATIENCE).until(() -> next.coming().isEmpty());
    // The workers of the former version keep the former generation up to date.
    await().atMost(PATIENCE).until(() -> !former.warnings().isEmpty());
    assertThat(former.coming()).isEmpty();
    assertThatThrownBy(() -> next.rebuilds().rollBack(view(next)))
        .isInstanceOf(NotNowException.class)
        .hasMessageContaining("deploy that one first");
    assertThatThrownBy(() -> former.rebuilds().begin(view(former), PLAIN))
        .as("the version before must not come back by the way")
        .isInstanceOf(NotNowException.class)
        .hasMessageContaining("ask a worker that has version " + version);
    assertThat(former.rebuilds().rollBack(view(former))).isEqualTo(old);
    version--;
    awaitExpected(1);
  }

  @Test
  void a_row_of_another_shape_takes_its_table_from_a_migration() throws Exception {
    Supervisor former = worker(new Accounts(version, 1));
    publish(100, 8);
    awaitExpected(1);
    former.close();
    int old = live();
    // As a migration of the new version does it.
    try (Connection owner = servers.postgres.connect(PostgresServer.VIEWS, "headrace_owner")) {
      owner
          .createStatement()
          .execute(
              "CREATE TABLE accounts_v7 (account_id text COLLATE \"C\" PRIMARY KEY, twice bigint NOT NULL) WITH (fillfactor = 60)");
    }
    Supervisor next = worker(new OtherShape());
    publish(100, 9);
    // Nobody folds the old one any more: the two cannot come to one position.
    await().atMost(PATIENCE).until(() -> live() > old);
    assertThat(state().comparison().tables().getFirst().columns()).containsExactly("account_id");
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                twice()
                    .equals(
                        expected.values().stream()
                            .collect(
                                java.util.stream.Collectors.toMap(
                                    Account::accountId, a -> 2 * a.balance()))));
    next.close();

    Supervisor again = worker(new Accounts(version, 1));
    assertThat(again.rebuilds().rollBack(view(again))).isEqualTo(old);
    awaitExpected(1);
  }

  @Test
  void totals_whose_key_has_another_type_now_are_not_compared_and_hold_nothing_up()
      throws Exception {
    Supervisor former = worker(new Accounts(version, 1));
    publish(50, 11);
    awaitExpected(1);
    former.close();
    int old = live();
    try (Connection owner = servers.postgres.connect(PostgresServer.VIEWS, "headrace_owner")) {
      owner
          .createStatement()
          .execute(
              """
              CREATE TABLE accounts_v8 (account_id text COLLATE "C" PRIMARY KEY, balance bigint NOT NULL, moves integer NOT NULL);
              CREATE TABLE accounts_total_v8 (kind integer PRIMARY KEY, accounts bigint NOT NULL, balance bigint NOT NULL)""");
    }
    Supervisor next = worker(new OtherTotals());
    await().atMost(PATIENCE).until(() -> live() > old);
    Comparison.Table totals = state().comparison().tables().get(1);
    assertThat(totals.columns()).isEmpty();
    assertThat(totals.onlyInOld()).isPositive();
    assertThat(totals.onlyInNew()).isPositive();
    assertThat(state().comparison().tables().getFirst().changed()).isZero();
    next.close();

    Supervisor again = worker(new Accounts(version, 1));
    assertThat(again.rebuilds().rollBack(view(again))).isEqualTo(old);
    awaitExpected(1);
  }

  @Test
  void generations_that_were_compared_are_not_compared_again_because_readers_are_in_the_way()
      throws Exception {
    Supervisor worker = worker(new Accounts(version, 1));
    publish(50, 13);
    awaitExpected(1);
    Instant compared;
    try (Connection reader = servers.reader()) {
      reader.setAutoCommit(false);
      reader.createStatement().execute("SELECT count(*) FROM accounts");
      worker.rebuilds().begin(view(worker), PLAIN);
      await().atMost(PATIENCE).until(() -> state().comparison() != null);
      compared = state().comparison().comparedAt();
      Set<String> tries = new HashSet<>();
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(50))
          .until(
              () -> {
                String waitsSince =
                    servers.ask(
                        """
                        SELECT min(waitstart) FROM pg_locks
                          WHERE relation = 'accounts'::regclass AND NOT granted""");
                if (waitsSince != null) {
                  tries.add(waitsSince);
                }
                return tries.size() == 3;
              });
      assertThat(state().comparison().comparedAt()).isEqualTo(compared);
    }
    await().atMost(PATIENCE).until(() -> state().phase() == Phase.SWAPPED);
    assertThat(state().comparison().comparedAt()).isEqualTo(compared);
    awaitExpected(1);
  }

  @Test
  void what_postgresql_refuses_of_a_rebuild_is_named_until_it_is_mended() throws Exception {
    Supervisor worker = worker(new Accounts(version, 1));
    publish(50, 12);
    awaitExpected(1);
    int old = live();
    String table = "accounts_total_g" + old;
    servers.execute("REVOKE SELECT ON %s FROM headrace_projection".formatted(table));
    try {
      worker.rebuilds().begin(view(worker), PLAIN);
      await().atMost(PATIENCE).until(() -> state().failure() != null);
      assertThat(state().failure()).contains("permission denied", table);
      assertThat(state().phase()).isEqualTo(Phase.COMPARING);
    } finally {
      servers.execute("GRANT SELECT ON %s TO headrace_projection".formatted(table));
    }
    await().atMost(PATIENCE).until(() -> live() > old);
    assertThat(state().failure()).isNull();
    awaitExpected(1);
  }

  private Map<String, Long> twice() throws SQLException {
    Map<String, Long> rows = new TreeMap<>();
    try (Connection connection = servers.reader();
        ResultSet results =
            connection.createStatement().executeQuery("SELECT account_id, twice FROM accounts")) {
      while (results.next()) {
        rows.put(results.getString(1), results.getLong(2));
      }
    }
    return rows;
  }

  @Test
  void a_former_generation_is_deleted_when_its_time_is_over() throws Exception {
    Supervisor worker = worker(new Accounts(version, 1), Map.of("rebuild.keep", "0s"));
    int old = live();
    worker.rebuilds().begin(view(worker), PLAIN);
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                servers.ask("SELECT to_regclass('accounts_g%d')".formatted(old)) == null
                    && live() > old);
    assertThat(
            servers.ask(
                "SELECT count(*) FROM view_stream WHERE view = 'accounts' AND generation = " + old))
        .isEqualTo("0");
    publish(50, 10);
    awaitExpected(1);
  }

  private Supervisor worker(View<?> view) {
    // Batches that are small: most rows are written by one and read for the next.
    return worker(view, Map.of("rebuild.position-timeout", "5s", "rebuild.batch-size", "40"));
  }

  private Supervisor worker(View<?> view, Map<String, String> settings) {
    Supervisor worker =
        WorkerProcess.start(
            List.of(view),
            servers.kafka.bootstrapServers(),
            servers.dataSource,
            servers.log.url(),
            settings);
    workers.add(worker);
    return worker;
  }

  private static CompiledView<?> view(Supervisor worker) {
    return worker.view("accounts").orElseThrow();
  }

  private void publish(int transfers, int seed) throws SQLException {
    Random random = new Random(seed);
    List<Published> events = new ArrayList<>();
    while (events.size() < transfers) {
      String stream = "transfers-" + nextStream++;
      for (long at = 1; at <= 5; at++) {
        String from = "a" + random.nextInt(200);
        String to = "b" + random.nextInt(200);
        // What is taken is given back, or the constraint on the balance will be met one day.
        Moved moved =
            new Moved(at % 2 == 1 ? from : to, at % 2 == 1 ? to : from, random.nextInt(3));
        events.add(event(stream, at, moved));
        count(moved);
      }
    }
    servers.publish(events);
  }

  private static void count(Moved moved) {
    count(moved.from(), -moved.amount());
    count(moved.to(), moved.amount());
  }

  private static void count(String account, long amount) {
    synchronized (expected) {
      expected.merge(
          account,
          new Account(account, amount, 1),
          (a, b) -> new Account(account, a.balance() + b.balance(), a.moves() + 1));
    }
  }

  private void awaitExpected(int movesCount) {
    CompiledView<Account> view = new CompiledView<>(new AccountsView());
    Map<String, Account> wanted = new TreeMap<>();
    expected.forEach(
        (key, a) -> wanted.put(key, new Account(key, a.balance(), a.moves() * movesCount)));
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> rows(view).equals(wanted));
    try (Connection connection = servers.reader()) {
      assertThat(Environment.actualTotals(connection, view))
          .isEqualTo(Environment.sums(view, wanted.values()));
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private Map<String, Account> rows(CompiledView<Account> view) throws SQLException {
    try (Connection connection = servers.reader()) {
      return Environment.actual(connection, view);
    }
  }

  private RebuildState state() throws SQLException {
    try (Connection connection = servers.dataSource.getConnection()) {
      return RebuildState.latest(connection, "accounts").orElseThrow();
    }
  }

  private int live() throws SQLException {
    try (Connection connection = servers.dataSource.getConnection()) {
      return Generations.requireLive(connection, "accounts").number();
    }
  }

  /** The accounts, each move counted so many times. */
  private record Accounts(int version, int movesCount) implements View<Account> {

    private static final AccountsView ORIGINAL = new AccountsView();

    @Override
    public String name() {
      return ORIGINAL.name();
    }

    @Override
    public Class<Account> rowType() {
      return Account.class;
    }

    @Override
    public List<Source<Account, ?>> sources() {
      return List.of(
          new Source<Account, AccountEvent>(
              AccountEvent.EVENTS,
              Set.of(),
              AccountsView::keysOf,
              (row, event, occurrence) -> {
                Account next = AccountsView.evolve(row, event, occurrence);
                return next == null
                    ? null
                    : new Account(
                        next.accountId(),
                        next.balance(),
                        (row == null ? 0 : row.moves()) + movesCount);
              }));
    }

    @Override
    public List<Rollup<Account, ?, ?>> rollups() {
      return ORIGINAL.rollups();
    }
  }

  record Twice(String accountId, long twice) {}

  private record OtherShape() implements View<Twice> {

    @Override
    public String name() {
      return "accounts";
    }

    @Override
    public int version() {
      return 7;
    }

    @Override
    public Class<Twice> rowType() {
      return Twice.class;
    }

    @Override
    public List<Source<Twice, ?>> sources() {
      return List.of(
          new Source<Twice, AccountEvent>(
              AccountEvent.EVENTS,
              Set.of(),
              AccountsView::keysOf,
              (row, event, occurrence) -> {
                Account before =
                    row == null ? null : new Account(row.accountId(), row.twice() / 2, 0);
                Account next = AccountsView.evolve(before, event, occurrence);
                return next == null ? null : new Twice(next.accountId(), 2 * next.balance());
              }));
    }
  }

  /** The totals by a number rather than a word. */
  private record OtherTotals() implements View<Account> {

    record Kind(int kind) {}

    record Sum(long accounts, long balance) {}

    @Override
    public String name() {
      return "accounts";
    }

    @Override
    public int version() {
      return 8;
    }

    @Override
    public Class<Account> rowType() {
      return Account.class;
    }

    @Override
    public List<Source<Account, ?>> sources() {
      return new AccountsView().sources();
    }

    @Override
    public List<Rollup<Account, ?, ?>> rollups() {
      return List.of(
          new Rollup<Account, Kind, Sum>() {
            @Override
            public String name() {
              return "accounts_total";
            }

            @Override
            public Class<Kind> keyType() {
              return Kind.class;
            }

            @Override
            public Class<Sum> measuresType() {
              return Sum.class;
            }

            @Override
            public List<Contribution<Kind, Sum>> contributions(Account row) {
              return List.of(
                  new Contribution<>(
                      new Kind(row.balance() < 0 ? -1 : 1), new Sum(1, row.balance())));
            }
          });
    }
  }
}
