package io.headrace.relay.platform;

import io.smallrye.config.ConfigMapping;

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
}
