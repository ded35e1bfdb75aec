package io.headrace.relay.platform;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;

/** The database that holds the event log. */
@ConfigMapping(prefix = "headrace.database")
public interface DatabaseConfig {

  /** Where PostgreSQL listens. */
  String host();

  /** The port of PostgreSQL. */
  int port();

  /** The database with the event log. */
  String name();

  /** A role with LOGIN and REPLICATION. */
  String user();

  /** Its password. */
  String password();

  /** Whether connections are encrypted, and how sure it is who answers. */
  @WithName("ssl.mode")
  @WithDefault("disable")
  Encryption sslMode();

  /** A PEM file with the certificate of the server's authority, for the modes that verify. */
  @WithName("ssl.ca")
  @WithDefault("/etc/headrace/postgresql/ca.crt")
  String sslCa();
}
