package io.headrace.relay.platform.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.localstack.PostgresOptions;
import io.headrace.localstack.PostgresServer;
import io.headrace.relay.platform.DatabaseConfig;
import io.headrace.relay.platform.Encryption;
import java.util.Properties;
import org.junit.jupiter.api.Test;

/** The server is one without TLS. */
class EncryptionTest {

  private record Database(int port, Encryption sslMode) implements DatabaseConfig {

    @Override
    public String host() {
      return "127.0.0.1";
    }

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

    @Override
    public String sslCa() {
      return "target/none.crt";
    }
  }

  @Test
  void a_server_without_tls_is_refused_by_every_mode_but_the_one_that_wants_none()
      throws Exception {
    try (PostgresServer postgres = PostgresServer.start(PostgresOptions.throwaway())) {
      for (Encryption mode : Encryption.values()) {
        Database database = new Database(postgres.port(), mode);
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
    }
  }

  @Test
  void modes_are_called_as_the_driver_and_debezium_call_them() {
    assertThat(Encryption.values())
        .extracting(Encryption::wire)
        .containsExactly("disable", "require", "verify-ca", "verify-full");
  }
}
