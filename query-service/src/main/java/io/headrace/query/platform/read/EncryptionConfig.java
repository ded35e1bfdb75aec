package io.headrace.query.platform.read;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Whether connections to PostgreSQL are encrypted, and how sure it is who answers. */
@ConfigMapping(prefix = "headrace.views.ssl")
interface EncryptionConfig {

  /** What is asked of a connection. There is none that falls short of it. */
  @WithDefault("disable")
  Encryption mode();

  /** A PEM file with the authority's certificate, for the modes that verify. */
  @WithDefault("/etc/headrace/postgresql/ca.crt")
  String ca();
}
