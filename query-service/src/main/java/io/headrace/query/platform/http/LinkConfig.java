package io.headrace.query.platform.http;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Where links lead to. */
@ConfigMapping(prefix = "headrace.query.links")
interface LinkConfig {

  /** The command service as clients reach it: links to commands begin with it. */
  @WithDefault("${headrace.command.url:http://localhost:8080}")
  String commands();
}
