package io.headrace.query.platform.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.Certificate;
import io.headrace.localstack.testing.LocalStackResource;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How far a server with TLS is trusted, mode by mode. */
class EncryptionTest {

  private static final String ROLE = "headrace_query";

  private final Vertx vertx = Vertx.vertx();

  @Test
  void a_server_is_believed_as_far_as_its_certificate_goes(@TempDir Path folder) throws Exception {
    Certificate ours = Certificate.of("localhost", folder);
    Certificate another = Certificate.of("localhost", folder);
    ours.serve(LocalStackResource.postgres());
    try {
      assertThat(encrypted(Encryption.DISABLE, "localhost", another)).isFalse();
      assertThat(encrypted(Encryption.REQUIRE, "127.0.0.1", another)).isTrue();
      assertThat(encrypted(Encryption.VERIFY_CA, "127.0.0.1", ours)).isTrue();
      assertThat(encrypted(Encryption.VERIFY_FULL, "localhost", ours)).isTrue();
      assertThatThrownBy(() -> encrypted(Encryption.VERIFY_CA, "localhost", another))
          .hasStackTraceContaining("SSL handshake failed");
      assertThatThrownBy(() -> encrypted(Encryption.VERIFY_FULL, "localhost", another))
          .hasStackTraceContaining("SSL handshake failed");
      assertThatThrownBy(() -> encrypted(Encryption.VERIFY_FULL, "127.0.0.1", ours))
          .hasStackTraceContaining("SSL handshake failed");
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }

  private boolean encrypted(Encryption mode, String host, Certificate authority) throws Exception {
    PgConnectOptions options =
        new PgConnectOptions()
            .setHost(host)
            .setPort(LocalStackResource.postgres().port())
            .setDatabase(PostgresServer.VIEWS)
            .setUser(ROLE)
            .setPassword(ROLE);
    mode.apply(options, authority.file().toString());
    Pool pool = PgBuilder.pool().using(vertx).connectingTo(options).build();
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
}
