package io.headrace.relay.platform;

import java.util.Locale;

/** As PostgreSQL's {@code sslmode}, without the modes that fall back on clear text. */
public enum Encryption {
  /** In clear text. */
  DISABLE,
  /** Encrypted, whoever answers. */
  REQUIRE,
  /** … and the server has a certificate of the authority. */
  VERIFY_CA,
  /** … and it is the certificate of the host. */
  VERIFY_FULL;

  /** How PostgreSQL's driver and Debezium call it. */
  public String wire() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
