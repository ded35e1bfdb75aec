package io.headrace.command.platform.process;

import io.smallrye.config.ConfigMapping;
import java.net.URI;
import java.util.Map;

/** The command services of other deployments. */
@ConfigMapping(prefix = "headrace.command")
interface RemoteConfig {

  /**
   * By context, the base URL of the command service that serves it: where process managers send the
   * commands of contexts that are not served here.
   */
  Map<String, URI> urls();
}
