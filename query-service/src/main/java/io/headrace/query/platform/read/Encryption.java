package io.headrace.query.platform.read;

import io.vertx.core.net.PemTrustOptions;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.SslMode;

/** As PostgreSQL's {@code sslmode}, without the modes that fall back on clear text. */
enum Encryption {
  /** In clear text. */
  DISABLE,
  /** Encrypted, whoever answers. */
  REQUIRE,
  /** … and the server has a certificate of the authority. */
  VERIFY_CA,
  /** … and it is the certificate of the host. */
  VERIFY_FULL;

  /**
   * @param authority a PEM file, for the modes that verify
   */
  void apply(PgConnectOptions options, String authority) {
    switch (this) {
      case DISABLE -> {}
      case REQUIRE -> {
        options.setSslMode(SslMode.REQUIRE);
        options.setTrustAll(true);
      }
      case VERIFY_CA -> {
        options.setSslMode(SslMode.VERIFY_CA);
        options.setPemTrustOptions(new PemTrustOptions().addCertPath(authority));
      }
      case VERIFY_FULL -> {
        options.setSslMode(SslMode.VERIFY_FULL);
        options.setPemTrustOptions(new PemTrustOptions().addCertPath(authority));
        options.setHostnameVerificationAlgorithm("HTTPS");
      }
    }
  }
}
