package io.headrace.command.platform.http;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;

/** The consistency tokens of the answers. */
@ConfigMapping(prefix = "headrace.consistency")
interface ConsistencyConfig {

  /**
   * The secret keys of consistency tokens, separated by commas: the first makes them. The query
   * service needs the same.
   */
  @WithDefault("headrace")
  List<String> keys();
}
