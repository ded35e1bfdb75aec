package io.headrace.query.platform.http;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Map;

/** Where links lead to. */
@ConfigMapping(prefix = "headrace.query.links")
interface LinkConfig {

  /** The command service as clients reach it: links to commands begin with it. */
  @WithDefault("${headrace.command.url:http://localhost:8080}")
  String commands();

  /**
   * By context, the command service that serves it as clients reach it, where that is another one:
   * contexts may have command services of their own, and no one address in front of them.
   */
  Map<String, String> contexts();
}
