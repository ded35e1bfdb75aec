package io.headrace.projection.platform.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.projection.contexts.sample.AccountEvent.Moved;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

class NotifyQueueTest {

  @Test
  void a_listener_that_has_stopped_reading_holds_no_view_up_and_the_data_is_not_blamed_for_it()
      throws Exception {
    Servers servers = Servers.get();
    try (OwnAccounts accounts = new OwnAccounts(servers, "notified")) {
      try (Connection frozen = servers.reader()) {
        frozen.createStatement().execute("LISTEN headrace_views");
        frozen.setAutoCommit(false);
        frozen.createStatement().execute("SELECT 1");
        SQLException full = fill(servers);
        assertThat(full.getSQLState()).isEqualTo("54000");
        assertThat(Failures.blamesTheData(full)).isFalse();

        accounts.take(
            accounts.published("s", 1, new Moved("a", "b", 1)),
            accounts.published("t", 1, new Moved("a", "c", 1)));
        assertThat(accounts.rows()).isEqualTo("a -2, b 1, c 1");
        assertThat(accounts.parked()).isNull();
      }
      try (Connection listener = servers.reader()) {
        listener.createStatement().execute("LISTEN headrace_views");
        accounts.take(accounts.published("s", 2, new Moved("a", "b", 1)));
        listener.createStatement().execute("SELECT 1");
        assertThat(listener.unwrap(PGConnection.class).getNotifications())
            .anyMatch(each -> each.getParameter().equals("notified:1"));
      }
    }
  }

  private static SQLException fill(Servers servers) throws SQLException {
    try (Connection other = servers.reader()) {
      for (int i = 0; i < 10_000; i++) {
        try {
          other.createStatement().execute("SELECT pg_notify('others', repeat('x', 7900))");
        } catch (SQLException e) {
          return e;
        }
      }
    }
    throw new AssertionError("the queue is never full");
  }
}
