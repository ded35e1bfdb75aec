package io.headrace.query.platform.http;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** How large the pages of a list are. */
@ConfigMapping(prefix = "headrace.query.page")
interface PageConfig {

  /** How many rows a page has if the client does not say. */
  @WithDefault("50")
  int size();

  /** How many rows a client may ask for. */
  @WithDefault("200")
  int maxSize();
}
