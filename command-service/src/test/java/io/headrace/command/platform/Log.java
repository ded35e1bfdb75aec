package io.headrace.command.platform;

import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.LocalStackResource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The tables of the command side as the superuser of PostgreSQL sees them. */
final class Log {

  private Log() {}

  static long events() {
    return number("SELECT count(*) FROM event_log");
  }

  /** The number that a query answers. */
  static long number(String sql) {
    try (Connection connection = LocalStackResource.postgres().connect(PostgresServer.COMMANDS);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  /** The texts of the only column that a query answers. */
  static List<String> texts(String sql) {
    try (Connection connection = LocalStackResource.postgres().connect(PostgresServer.COMMANDS);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> texts = new ArrayList<>();
      while (rows.next()) {
        texts.add(rows.getString(1));
      }
      return texts;
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  static void execute(String sql) {
    try (Connection connection = LocalStackResource.postgres().connect(PostgresServer.COMMANDS);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }
}
