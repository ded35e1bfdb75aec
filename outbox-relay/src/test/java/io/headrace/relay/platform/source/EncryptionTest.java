package io.headrace.relay.platform.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.localstack.PostgresOptions;
import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.Certificate;
import io.headrace.relay.platform.DatabaseConfig;
import io.headrace.relay.platform.Encryption;
import io.headrace.relay.platform.RelayRefusedException;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server without TLS, and then with it. */
class EncryptionTest {

  private record Database(String host, int port, Encryption sslMode, String sslCa)
      implements DatabaseConfig {

    @Override
    public String name() {
      return PostgresServer.COMMANDS;
    }

    @Override
    public String user() {
      return "headrace_relay";
    }

    @Override
    public String password() {
      return "headrace_relay";
    }
  }

  @Test
  void a_server_is_believed_as_far_as_its_certificate_goes(@TempDir Path folder) throws Exception {
    try (PostgresServer postgres = PostgresServer.start(PostgresOptions.throwaway())) {
      for (Encryption mode : Encryption.values()) {
        Database database = new Database("127.0.0.1", postgres.port(), mode, "target/none.crt");
        if (mode == Encryption.DISABLE) {
          try (var connection = LogDatabase.connect(database, new Properties())) {
            assertThat(connection.isValid(5)).isTrue();
          }
        } else {
          assertThatThrownBy(() -> LogDatabase.connect(database, new Properties()))
              .as("%s", mode)
              .hasMessageContaining("does not support SSL");
        }
      }

      Certificate ours = Certificate.of("localhost", folder);
      ours.serve(postgres);
      String trusted = ours.file().toString();
      String other = Certificate.of("localhost", folder).file().toString();
      for (Encryption mode : Encryption.values()) {
        Database database = new Database("localhost", postgres.port(), mode, trusted);
        try (var connection = LogDatabase.connect(database, new Properties());
            var row =
                connection
                    .createStatement()
                    .executeQuery("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")) {
          assertThat(row.next()).isTrue();
          assertThat(row.getBoolean(1)).as("%s", mode).isEqualTo(mode != Encryption.DISABLE);
        }
      }
      for (Encryption mode : List.of(Encryption.VERIFY_CA, Encryption.VERIFY_FULL)) {
        Database database = new Database("localhost", postgres.port(), mode, other);
        assertThatThrownBy(() -> LogDatabase.connect(database, new Properties()))
            .isInstanceOf(RelayRefusedException.class)
            .hasMessageStartingWith(
                "PostgreSQL at localhost:%d has a certificate that the authority in %s does not vouch for: "
                    .formatted(postgres.port(), other));
      }
      assertThatThrownBy(
              () ->
                  LogDatabase.connect(
                      new Database("127.0.0.1", postgres.port(), Encryption.VERIFY_FULL, trusted),
                      new Properties()))
          .hasMessageContaining("The hostname 127.0.0.1 could not be verified");
      assertThatThrownBy(
              () ->
                  LogDatabase.connect(
                      new Database(
                          "localhost", postgres.port(), Encryption.VERIFY_FULL, "target/none.crt"),
                      new Properties()))
          .hasMessageContaining("target/none.crt");
    }
  }

  @Test
  void modes_are_called_as_the_driver_and_debezium_call_them() {
    assertThat(Encryption.values())
        .extracting(Encryption::wire)
        .containsExactly("disable", "require", "verify-ca", "verify-full");
  }
}
