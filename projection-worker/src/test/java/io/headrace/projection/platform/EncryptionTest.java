package io.headrace.projection.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.localstack.testing.Certificate;
import io.headrace.localstack.testing.LocalStackResource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.net.URL;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.Driver;

/** How far a server with TLS is trusted, by the URL that the settings make. */
class EncryptionTest {

  @Test
  void a_server_is_believed_as_far_as_its_certificate_goes(@TempDir Path folder) throws Exception {
    Certificate ours = Certificate.of("localhost", folder);
    Certificate another = Certificate.of("localhost", folder);
    ours.serve(LocalStackResource.postgres());

    assertThat(encrypted(Map.of("headrace.views.host", "localhost"))).isFalse();
    assertThat(encrypted(settings("require", "127.0.0.1", another))).isTrue();
    assertThat(encrypted(settings("verify-ca", "127.0.0.1", ours))).isTrue();
    assertThat(encrypted(settings("verify-full", "localhost", ours))).isTrue();
    for (String mode : new String[] {"verify-ca", "verify-full"}) {
      assertThatThrownBy(() -> encrypted(settings(mode, "localhost", another)))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("PKIX path");
    }
    assertThatThrownBy(() -> encrypted(settings("verify-full", "127.0.0.1", ours)))
        .hasMessageContaining("The hostname 127.0.0.1 could not be verified");
  }

  private static Map<String, String> settings(String mode, String host, Certificate authority) {
    return Map.of(
        "headrace.views.host",
        host,
        "headrace.views.ssl.mode",
        mode,
        "headrace.views.ssl.ca",
        authority.file().toString());
  }

  private static boolean encrypted(Map<String, String> settings) throws Exception {
    URL file = Objects.requireNonNull(EncryptionTest.class.getResource("/application.properties"));
    SmallRyeConfig config =
        new SmallRyeConfigBuilder()
            .addDefaultInterceptors()
            .withSources(new PropertiesConfigSource(file, 100))
            .withSources(new PropertiesConfigSource(settings, "the operator's", 300))
            .withSources(
                new PropertiesConfigSource(
                    Map.of("headrace.views.port", "" + LocalStackResource.postgres().port()),
                    "the test's",
                    300))
            .build();
    Properties login = new Properties();
    login.setProperty("user", config.getValue("quarkus.datasource.username", String.class));
    login.setProperty("password", config.getValue("quarkus.datasource.password", String.class));
    String url = config.getValue("quarkus.datasource.jdbc.url", String.class);
    try (Connection connection = Objects.requireNonNull(new Driver().connect(url, login));
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")) {
      row.next();
      return row.getBoolean(1);
    }
  }
}
