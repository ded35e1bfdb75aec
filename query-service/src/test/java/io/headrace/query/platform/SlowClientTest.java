package io.headrace.query.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A client may pause for longer than a connection to the database may be silent. */
@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
@TestProfile(SlowClientTest.LittleSilence.class)
class SlowClientTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** More than the buffers of two sockets hold. */
  private static final int MANY = 30_000;

  public static final class LittleSilence implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "headrace.query.read.connection-silence", "PT2S",
          "headrace.query.export.fetch-timeout", "PT1.9S",
          "headrace.query.export.max-pause", "PT60S");
    }
  }

  @TestHTTPResource URI root;

  @Test
  void an_export_survives_a_pause_that_is_longer_than_a_connection_may_be_silent()
      throws Exception {
    Rows.clear();
    Rows.execute(
        """
        INSERT INTO almanac SELECT 'i-' || lpad(n::text, 6, '0') || repeat('x', 500), 'Ionian Sea', '2018-03-01', 906, 1.5, true
        FROM generate_series(1, %d) n"""
            .formatted(MANY));
    try (var socket = new Socket()) {
      // Small, so that the service soon has to wait.
      socket.setReceiveBufferSize(8192);
      socket.connect(new InetSocketAddress(root.getHost(), root.getPort()));
      socket.setSoTimeout((int) PATIENCE.toMillis());
      socket
          .getOutputStream()
          .write(
              "GET /views/almanac/export?format=csv HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      var start = new String(socket.getInputStream().readNBytes(2000), StandardCharsets.UTF_8);
      assertThat(start).startsWith("HTTP/1.1 200").contains("i-000001");
      await().atMost(PATIENCE).until(SlowClientTest::pausesForLong);
      var rest = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(rest).contains("i-030000").endsWith("\r\n0\r\n\r\n");
    }
  }

  /** For three times as long as a connection may be silent. */
  private static boolean pausesForLong() {
    try (var connection = LocalStackResource.postgres().connect(PostgresServer.VIEWS, "postgres");
        var statement = connection.createStatement();
        var rows =
            statement.executeQuery(
                """
                SELECT FROM pg_stat_activity WHERE usename = 'headrace_query'
                  AND state = 'idle in transaction' AND clock_timestamp() - xact_start > interval '6 s'""")) {
      return rows.next();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
