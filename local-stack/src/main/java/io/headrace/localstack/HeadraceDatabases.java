package io.headrace.localstack;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * The roles and the databases that the services expect to find. Tables and their grants are not
 * here: they belong to the service that owns the schema. Creating what is there already changes
 * nothing.
 */
final class HeadraceDatabases {
  static final String COMMANDS = "headrace_commands";
  static final String VIEWS = "headrace_views";

  private static final String OWNER = "headrace_owner";

  private record Role(String name, String attributes) {}

  private record Database(String name, List<String> users) {}

  private static final List<Role> ROLES =
      List.of(
          // The owner creates the replication slot, which needs the attribute; the relay reads it.
          new Role(OWNER, "LOGIN REPLICATION"),
          new Role("headrace_command", "LOGIN"),
          new Role("headrace_relay", "LOGIN REPLICATION"),
          new Role("headrace_projection", "LOGIN"),
          new Role("headrace_query", "LOGIN"));

  private static final List<Database> DATABASES =
      List.of(
          new Database(COMMANDS, List.of("headrace_command", "headrace_relay")),
          new Database(VIEWS, List.of("headrace_projection", "headrace_query")));

  private HeadraceDatabases() {}

  static void create(PostgresServer server) throws SQLException {
    try (Connection connection = server.connect("postgres")) {
      for (Role role : ROLES) {
        if (!exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = ?", role.name())) {
          execute(
              connection,
              "CREATE ROLE %s %s PASSWORD '%1$s'".formatted(role.name(), role.attributes()));
        }
      }
      for (Database database : DATABASES) {
        if (!exists(connection, "SELECT 1 FROM pg_database WHERE datname = ?", database.name())) {
          execute(connection, "CREATE DATABASE %s OWNER %s".formatted(database.name(), OWNER));
        }
        execute(connection, "REVOKE CONNECT ON DATABASE %s FROM PUBLIC".formatted(database.name()));
        for (String user : database.users()) {
          execute(
              connection, "GRANT CONNECT ON DATABASE %s TO %s".formatted(database.name(), user));
        }
        ownSchema(server, database);
      }
    }
  }

  private static void ownSchema(PostgresServer server, Database database) throws SQLException {
    try (Connection connection = server.connect(database.name())) {
      execute(connection, "ALTER SCHEMA public OWNER TO " + OWNER);
    }
  }

  private static boolean exists(Connection connection, String query, String name)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      statement.setString(1, name);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next();
      }
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
