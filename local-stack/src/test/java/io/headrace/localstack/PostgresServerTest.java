package io.headrace.localstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresServerTest {
  private static PostgresServer server;

  @TempDir Path directory;

  @BeforeAll
  static void start() throws SQLException {
    server = PostgresServer.start(PostgresOptions.throwaway());
    execute(server, "CREATE TABLE kept (word text)");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void the_settings_are_those_of_a_durable_server_with_logical_replication() throws SQLException {
    assertThat(query(server, "SHOW wal_level")).containsExactly("logical");
    assertThat(query(server, "SHOW fsync")).containsExactly("on");
    assertThat(query(server, "SHOW synchronous_commit")).containsExactly("on");
    assertThat(query(server, "SHOW max_slot_wal_keep_size")).containsExactly("4GB");
    assertThat(query(server, "SHOW server_encoding")).containsExactly("UTF8");
    assertThat(query(server, "SELECT upper('ação')")).containsExactly("AÇÃO");
  }

  @Test
  void each_role_reaches_its_own_database_only() throws SQLException {
    for (String role : List.of("headrace_owner", "headrace_command", "headrace_relay")) {
      assertThat(reaches(PostgresServer.COMMANDS, role)).as(role).isTrue();
    }
    for (String role : List.of("headrace_owner", "headrace_projection", "headrace_query")) {
      assertThat(reaches(PostgresServer.VIEWS, role)).as(role).isTrue();
    }
    for (String role : List.of("headrace_projection", "headrace_query")) {
      assertThat(reaches(PostgresServer.COMMANDS, role)).as(role).isFalse();
    }
    for (String role : List.of("headrace_command", "headrace_relay")) {
      assertThat(reaches(PostgresServer.VIEWS, role)).as(role).isFalse();
    }
  }

  @Test
  void a_password_is_asked_for() {
    assertThatThrownBy(
            () ->
                new org.postgresql.Driver()
                    .connect(
                        server.jdbcUrl(PostgresServer.COMMANDS)
                            + "?user=headrace_owner&password=guess",
                        new java.util.Properties()))
        .hasMessageContaining("password authentication failed");
  }

  @Test
  void only_the_owner_creates_tables() throws SQLException {
    try (Connection owner = server.connect(PostgresServer.COMMANDS, "headrace_owner");
        Statement statement = owner.createStatement()) {
      statement.execute("CREATE TABLE owned (id int)");
      statement.execute("DROP TABLE owned");
    }
    try (Connection service = server.connect(PostgresServer.COMMANDS, "headrace_command");
        Statement statement = service.createStatement()) {
      assertThatThrownBy(() -> statement.execute("CREATE TABLE not_owned (id int)"))
          .hasMessageContaining("permission denied");
    }
  }

  @Test
  void what_was_committed_survives_sigkill_and_the_port_stays() throws SQLException {
    int port = server.port();
    execute(server, "INSERT INTO kept VALUES ('before the kill')");
    List<ProcessHandle> family = family(server.process());

    server.kill();

    assertThat(family).hasSizeGreaterThan(3).noneMatch(Child::isRunning);
    assertThat(server.isAlive()).isFalse();
    server.start();
    assertThat(server.port()).isEqualTo(port);
    assertThat(query(server, "SELECT word FROM kept")).contains("before the kill");
  }

  @Test
  void a_clean_restart_cuts_sessions_and_leaves_nothing_to_recover() throws SQLException {
    try (Connection open = server.connect("postgres")) {
      assertThat(open.isValid(1)).isTrue();
      server.restart();
      assertThat(open.isValid(1)).isFalse();
    }
    assertThat(query(server, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'"))
        .containsExactly("1");
    assertThat(lastStart(server.log())).doesNotContain("automatic recovery in progress");
  }

  @Test
  void a_taken_port_is_named() throws IOException {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      PostgresOptions options =
          PostgresOptions.in(directory.resolve("data")).withPort(other.getLocalPort());
      assertThatThrownBy(() -> PostgresServer.start(options))
          .isInstanceOf(LocalStackException.class)
          .hasMessageContaining("Port " + other.getLocalPort());
    }
    assertThat(directory.resolve("data")).doesNotExist();
  }

  @Test
  void a_lock_file_whose_number_was_given_to_another_process_is_no_obstacle() throws Exception {
    PostgresOptions options = PostgresOptions.in(directory.resolve("data"));
    PostgresServer first = PostgresServer.start(options);
    Path lock = directory.resolve("data/postmaster.pid");
    List<String> stale = new ArrayList<>(Files.readAllLines(lock));
    first.kill();
    stale.set(0, String.valueOf(ProcessHandle.current().pid()));
    Files.write(lock, stale);

    try (PostgresServer second = PostgresServer.start(options)) {
      assertThat(query(second, "SELECT 1")).containsExactly("1");
    }
  }

  @Test
  void a_second_server_on_the_same_data_is_refused() {
    PostgresOptions options = PostgresOptions.in(directory.resolve("data")).withFsync(false);
    try (PostgresServer first = PostgresServer.start(options)) {
      assertThatThrownBy(() -> PostgresServer.start(options))
          .isInstanceOf(LocalStackException.class)
          .hasMessageContaining("already runs")
          .hasMessageContaining(String.valueOf(first.process().pid()));
      assertThat(first.isAlive()).isTrue();
    }
  }

  @Test
  void a_first_start_that_was_interrupted_is_made_anew() throws Exception {
    Files.createDirectories(directory.resolve("data.new/base"));
    Files.writeString(directory.resolve("data.new/PG_VERSION"), "18");

    try (PostgresServer started =
        PostgresServer.start(PostgresOptions.in(directory.resolve("data")).withFsync(false))) {
      assertThat(query(started, "SELECT 1")).containsExactly("1");
    }
    assertThat(directory.resolve("data.new")).doesNotExist();
  }

  @Test
  void it_runs_below_a_directory_that_only_its_owner_may_enter() throws Exception {
    Path closed = Files.createDirectory(directory.resolve("closed"));
    Files.setPosixFilePermissions(
        closed, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));

    try (PostgresServer started =
        PostgresServer.start(PostgresOptions.in(closed.resolve("data")).withFsync(false))) {
      assertThat(query(started, "SELECT 1")).containsExactly("1");
    }
  }

  /**
   * Run by root, it starts a JVM of another user; run by another user, that JVM is one like this.
   */
  @Test
  void it_runs_as_an_ordinary_user() throws Exception {
    Path data = Files.createDirectory(directory.resolve("theirs"));
    PostgresUser.own(data);
    try (OtherJvm jvm =
        OtherJvm.start(
            PostgresUser::command,
            Map.of("XDG_CACHE_HOME", data.resolve("cache").toString()),
            StartServers.class,
            data.toString())) {
      String started = jvm.awaitLine("started");
      assertThat(started).contains("root=false");
      jvm.signal("TERM");
      jvm.awaitExit();
    }
  }

  @Test
  void servers_die_with_a_jvm_that_is_killed() throws Exception {
    try (OtherJvm jvm = OtherJvm.start(StartServers.class, directory.toString(), "kafka")) {
      String started = jvm.awaitLine("started");
      List<ProcessHandle> servers =
          Stream.of(started.split(" "))
              .filter(word -> word.startsWith("pid="))
              .map(word -> ProcessHandle.of(Long.parseLong(word.substring(4))).orElseThrow())
              .toList();
      List<ProcessHandle> all =
          servers.stream().flatMap(process -> family(process).stream()).toList();
      assertThat(servers).hasSize(2).allMatch(Child::isRunning);

      jvm.process().destroyForcibly().waitFor();

      await().atMost(Duration.ofSeconds(30)).until(() -> all.stream().noneMatch(Child::isRunning));
    }
  }

  @Test
  void jvms_that_unpack_at_the_same_time_share_one_result() throws Exception {
    List<OtherJvm> jvms = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      jvms.add(OtherJvm.start(Unpack.class, directory.toString()));
    }
    for (OtherJvm jvm : jvms) {
      assertThat(jvm.awaitExit()).isZero();
    }
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left)
          .singleElement()
          .satisfies(home -> assertThat(home.resolve("bin/postgres")).isExecutable());
    }
  }

  @Test
  void a_machine_without_programs_is_told_so() {
    assertThatThrownBy(() -> PostgresBinaries.archive("Mac OS X", "riscv64"))
        .isInstanceOf(LocalStackException.class)
        .hasMessageContaining("Mac OS X on riscv64");
  }

  private static boolean reaches(String database, String role) throws SQLException {
    try (Connection connection = server.connect(database, role)) {
      return connection.isValid(5);
    } catch (SQLException e) {
      if (String.valueOf(e.getMessage()).contains("permission denied for database")) {
        return false;
      }
      throw e;
    }
  }

  private static List<ProcessHandle> family(ProcessHandle process) {
    return Stream.concat(Stream.of(process), process.descendants()).toList();
  }

  private static String lastStart(Path log) throws SQLException {
    String all = Child.tail(log, 1_000);
    return all.substring(all.lastIndexOf("starting PostgreSQL"));
  }

  static void execute(PostgresServer server, String sql) throws SQLException {
    try (Connection connection = server.connect("postgres");
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  static List<String> query(PostgresServer server, String sql) throws SQLException {
    try (Connection connection = server.connect("postgres");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> values = new ArrayList<>();
      while (rows.next()) {
        values.add(rows.getString(1));
      }
      return values;
    }
  }
}
