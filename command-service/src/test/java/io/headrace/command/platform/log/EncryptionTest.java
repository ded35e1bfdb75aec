package io.headrace.command.platform.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.localstack.PostgresOptions;
import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.Certificate;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A PostgreSQL server that speaks TLS, after it did not. */
@TestMethodOrder(OrderAnnotation.class)
class EncryptionTest {

  private static final String ROLE = "headrace_command";

  @TempDir static Path folder;

  private static final Map<String, Certificate> certificates = new HashMap<>();
  private static PostgresServer postgres;
  private static Vertx vertx;

  @BeforeAll
  static void start() {
    postgres = PostgresServer.start(PostgresOptions.throwaway());
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    postgres.close();
  }

  @Test
  @Order(1)
  void a_server_without_tls_is_refused_by_every_mode_but_the_one_that_wants_none()
      throws Exception {
    certificates.put("ours", Certificate.of("localhost", folder));
    assertThat(encrypted(Encryption.DISABLE, "localhost", null)).isFalse();
    for (Encryption mode :
        new Encryption[] {Encryption.REQUIRE, Encryption.VERIFY_CA, Encryption.VERIFY_FULL}) {
      assertThatThrownBy(() -> encrypted(mode, "localhost", "ours")).as("%s", mode).isNotNull();
      assertThatThrownBy(() -> encryptedForMigrations(mode, "localhost", "ours"))
          .hasMessageContaining("does not support SSL");
    }
  }

  @Test
  @Order(2)
  void a_server_with_tls_is_believed_as_far_as_its_certificate_goes() throws Exception {
    certificates.put("another", Certificate.of("localhost", folder));
    certificates.get("ours").serve(postgres);
    assertThat(encrypted(Encryption.DISABLE, "localhost", null)).isFalse();
    assertThat(encrypted(Encryption.REQUIRE, "127.0.0.1", null)).isTrue();
    assertThat(encrypted(Encryption.VERIFY_CA, "127.0.0.1", "ours")).isTrue();
    assertThat(encrypted(Encryption.VERIFY_FULL, "localhost", "ours")).isTrue();
    assertThatThrownBy(() -> encrypted(Encryption.VERIFY_CA, "localhost", "another")).isNotNull();
    assertThatThrownBy(() -> encrypted(Encryption.VERIFY_FULL, "localhost", "another")).isNotNull();
    // Not the host that the certificate is of.
    assertThatThrownBy(() -> encrypted(Encryption.VERIFY_FULL, "127.0.0.1", "ours")).isNotNull();

    assertThat(encryptedForMigrations(Encryption.REQUIRE, "127.0.0.1", "another")).isTrue();
    assertThat(encryptedForMigrations(Encryption.VERIFY_FULL, "localhost", "ours")).isTrue();
    assertThatThrownBy(() -> encryptedForMigrations(Encryption.VERIFY_FULL, "localhost", "another"))
        .isInstanceOf(SQLException.class);
  }

  private static boolean encrypted(Encryption mode, String host, @Nullable String authority)
      throws Exception {
    PgConnectOptions options =
        new PgConnectOptions()
            .setHost(host)
            .setPort(postgres.port())
            .setDatabase(PostgresServer.COMMANDS)
            .setUser(ROLE)
            .setPassword(ROLE);
    mode.apply(options, pem(String.valueOf(authority)).toString());
    Pool pool =
        PgBuilder.pool()
            .using(vertx)
            .with(new PoolOptions().setMaxSize(1))
            .connectingTo(options)
            .build();
    try {
      return pool.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
          .execute()
          .map(rows -> rows.iterator().next().getBoolean(0))
          .toCompletionStage()
          .toCompletableFuture()
          .get(30, TimeUnit.SECONDS);
    } finally {
      pool.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }

  /** By the URL of {@code application.properties}. */
  private static boolean encryptedForMigrations(Encryption mode, String host, String authority)
      throws Exception {
    Properties file = new Properties();
    try (var in = EncryptionTest.class.getResourceAsStream("/application.properties")) {
      file.load(in);
    }
    String url =
        file.getProperty("quarkus.datasource.jdbc.url")
            .replaceAll("\\$\\{headrace.database.host:[^}]*}", host)
            .replaceAll("\\$\\{headrace.database.port:[^}]*}", "" + postgres.port())
            .replaceAll("\\$\\{headrace.database.name:[^}]*}", PostgresServer.COMMANDS)
            .replaceAll(
                "\\$\\{headrace.database.ssl.mode:[^}]*}",
                mode.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-'))
            .replaceAll("\\$\\{headrace.database.ssl.ca:[^}]*}", pem(authority).toString());
    Properties login = new Properties();
    login.setProperty("user", ROLE);
    login.setProperty("password", ROLE);
    try (Connection connection = new org.postgresql.Driver().connect(url, login);
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")) {
      rows.next();
      return rows.getBoolean(1);
    }
  }

  private static Path pem(String name) {
    Certificate certificate = certificates.get(name);
    return certificate == null ? folder.resolve("none.crt") : certificate.file();
  }
}
