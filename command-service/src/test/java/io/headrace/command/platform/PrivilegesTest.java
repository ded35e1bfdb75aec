package io.headrace.command.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.LocalStackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each role may do to the log: nobody who runs can change or lose an event. */
@QuarkusTest
@QuarkusTestResource(LocalStackResource.class)
class PrivilegesTest {

  private static final String INSUFFICIENT_PRIVILEGE = "42501";
  private static final String UNIQUE_VIOLATION = "23505";

  @BeforeEach
  void somethingIsThere() {
    Api.open(Api.newId());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE event_log SET payload = '{}'",
        "UPDATE event_log SET payload = payload WHERE false",
        "DELETE FROM event_log",
        "TRUNCATE event_log",
        "DELETE FROM stream",
        "TRUNCATE stream",
        "TRUNCATE idempotency",
        "UPDATE idempotency SET answer = '{}'",
        "TRUNCATE event_log, stream",
        "DROP TABLE event_log",
        "ALTER TABLE event_log ADD COLUMN more text",
        "ALTER TABLE event_log DISABLE TRIGGER ALL",
        "CREATE TABLE mine (id int)",
        "CREATE INDEX ON event_log (payload)",
        "ALTER PUBLICATION headrace SET (publish = 'insert, delete')",
        "DROP PUBLICATION headrace",
        "SELECT pg_drop_replication_slot('headrace')",
        "SELECT pg_create_logical_replication_slot('mine', 'pgoutput')",
        "LOCK TABLE event_log IN ACCESS EXCLUSIVE MODE",
        "GRANT UPDATE ON event_log TO headrace_command",
        "SET ROLE headrace_owner",
        "COPY event_log TO PROGRAM 'true'"
      })
  void the_service_can_only_append_and_read(String sql) {
    long before = Log.events();
    assertThatThrownBy(() -> as("headrace_command", sql))
        .isInstanceOfSatisfying(
            SQLException.class,
            e ->
                assertThat(e.getSQLState())
                    .as(e.getMessage())
                    .isIn(INSUFFICIENT_PRIVILEGE, "01007"));
    assertThat(Log.events()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT INTO event_log VALUES ('x', 1, 'c', 't', 'k', 0, '{}', '{}')",
        "UPDATE event_log SET payload = '{}'",
        "DELETE FROM event_log",
        "TRUNCATE event_log",
        "SELECT * FROM idempotency",
        "SELECT * FROM stream"
      })
  void the_relay_can_only_read_events(String sql) {
    assertThatThrownBy(() -> as("headrace_relay", sql))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(INSUFFICIENT_PRIVILEGE));
  }

  @ParameterizedTest
  @CsvSource({"headrace_projection", "headrace_query"})
  void the_read_side_has_no_access_at_all(String role) {
    assertThatThrownBy(() -> as(role, "SELECT 1"))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(INSUFFICIENT_PRIVILEGE));
  }

  @Test
  void what_the_service_needs_it_may() throws SQLException {
    as("headrace_command", "SELECT count(*) FROM event_log");
    as("headrace_relay", "SELECT count(*) FROM event_log");
  }

  @Test
  void the_schema_belongs_to_the_role_of_the_migrations() {
    assertThat(
            Log.number(
                "SELECT count(*) FROM pg_tables"
                    + " WHERE schemaname = 'public' AND tableowner <> 'headrace_owner'"))
        .isZero();
    assertThat(
            Log.number(
                "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'headrace%'"
                    + " AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls)"))
        .isZero();
  }

  /**
   * What PostgreSQL has on record, so that a right that no statement above happens to need is found
   * as well: of the table and of its columns, to the service and to everybody, its own or another
   * role's that it is a member of.
   */
  @Test
  void on_the_log_the_service_has_insert_and_select_and_nothing_else() {
    assertThat(
            Log.texts(
                """
                SELECT coalesce(r.rolname, 'PUBLIC') || ' ' || a.privilege_type
                  || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
                FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
                LEFT JOIN pg_roles r ON r.oid = a.grantee
                WHERE c.oid = 'event_log'::regclass AND (a.grantee = 0 OR r.rolname = 'headrace_command')
                """))
        .containsExactlyInAnyOrder("headrace_command INSERT", "headrace_command SELECT");
    assertThat(
            Log.texts(
                """
                SELECT a.attname || ' ' || a.attacl::text FROM pg_attribute a
                WHERE a.attrelid = 'event_log'::regclass AND a.attacl IS NOT NULL
                """))
        .as("rights on columns")
        .isEmpty();
    assertThat(
            Log.texts(
                """
                SELECT roleid::regrole::text FROM pg_auth_members
                WHERE member = 'headrace_command'::regrole
                """))
        .as("roles whose rights it has too")
        .isEmpty();
  }

  /** The refusals above are worth nothing if the service logs in as somebody else. */
  @Test
  void the_service_that_runs_is_that_role() {
    assertThat(
            Log.texts(
                """
                SELECT usename::text FROM pg_stat_activity
                WHERE application_name LIKE 'headrace-command%'
                """))
        .isNotEmpty()
        .containsOnly("headrace_command");
  }

  @Test
  void an_event_that_is_there_cannot_be_recorded_again() {
    String id = Api.newId();
    Api.open(id);
    assertThatThrownBy(
            () ->
                as(
                    "headrace_command",
                    """
                    INSERT INTO event_log
                    VALUES ('counter-%s', 1, 'counting', 'counting.Other.v1', 'k', 0, '{}', '{}')
                    """
                        .formatted(id)))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(UNIQUE_VIOLATION));
  }

  private static void as(String role, String sql) throws SQLException {
    try (Connection connection =
            LocalStackResource.postgres().connect(PostgresServer.COMMANDS, role);
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(sql);
      if (statement.getWarnings() != null) {
        throw statement.getWarnings(); // a GRANT without the right to it only warns
      }
      connection.rollback();
    }
  }
}
