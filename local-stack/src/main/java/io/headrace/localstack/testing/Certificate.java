package io.headrace.localstack.testing;

import io.headrace.localstack.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Base64;
import java.util.Properties;
import org.postgresql.Driver;

/** A certificate that signs itself, with its key: for a server, and for whoever is to trust it. */
public final class Certificate {

  private static final String PASSWORD = "changeit";
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final String text;
  private final String key;
  private final Path file;

  private Certificate(String text, String key, Path file) {
    this.text = text;
    this.key = key;
    this.file = file;
  }

  /**
   * @param folder where its file is
   * @param host the name that it is of
   */
  public static Certificate of(String host, Path folder) {
    try {
      Path store = Files.createTempFile(folder, "certificate", ".p12");
      Files.delete(store);
      Process keytool =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                  "-genkeypair",
                  "-alias",
                  "server",
                  "-keyalg",
                  "EC",
                  "-dname",
                  "CN=" + host,
                  "-ext",
                  "SAN=dns:" + host,
                  "-keystore",
                  store.toString(),
                  "-storetype",
                  "PKCS12",
                  "-storepass",
                  PASSWORD)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (keytool.waitFor() != 0) {
        throw new IllegalStateException("keytool made no certificate");
      }
      KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
      String text = pem("CERTIFICATE", keys.getCertificate("server").getEncoded());
      String key = pem("PRIVATE KEY", keys.getKey("server", PASSWORD.toCharArray()).getEncoded());
      Path file = Path.of(store.toString().replace(".p12", ".crt"));
      return new Certificate(text, key, Files.writeString(file, text));
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String pem(String type, byte[] content) {
    return "-----BEGIN %s-----\n%s\n-----END %1$s-----\n"
        .formatted(type, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content));
  }

  /** The certificate alone, as PEM. */
  public Path file() {
    return file;
  }

  /** Has the server speak TLS with it, to those who ask for TLS; returns when it does. */
  public void serve(PostgresServer postgres) throws SQLException {
    try (Connection connection = postgres.connect("postgres");
        Statement statement = connection.createStatement()) {
      // Its own copy, by its own shell: the server may run as a user who may not look into the
      // folder, and wants a key to be nobody else's.
      copy(connection, text, "server.crt");
      copy(connection, key, "server.key");
      statement.execute("ALTER SYSTEM SET ssl = on");
      statement.execute("SELECT pg_reload_conf()");
    }
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!speaksTls(postgres)) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("the server does not speak TLS; see " + postgres.log());
      }
    }
  }

  private static void copy(Connection connection, String pem, String name) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TEMP TABLE pem (line text)");
      try (PreparedStatement insert = connection.prepareStatement("INSERT INTO pem VALUES (?)")) {
        for (String line : pem.lines().toList()) {
          insert.setString(1, line);
          insert.executeUpdate();
        }
      }
      statement.execute("COPY pem TO PROGRAM 'umask 077; cat > %s'".formatted(name));
      statement.execute("DROP TABLE pem");
    }
  }

  private static boolean speaksTls(PostgresServer postgres) {
    Properties login = new Properties();
    login.setProperty("user", PostgresServer.SUPERUSER);
    login.setProperty("password", PostgresServer.SUPERUSER);
    login.setProperty("sslmode", "require");
    try (Connection connection = new Driver().connect(postgres.jdbcUrl("postgres"), login)) {
      return connection != null;
    } catch (SQLException _) {
      return false;
    }
  }
}
