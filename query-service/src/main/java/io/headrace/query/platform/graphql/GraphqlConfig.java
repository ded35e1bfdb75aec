package io.headrace.query.platform.graphql;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What one GraphQL request may cost. */
@ConfigMapping(prefix = "headrace.query.graphql")
interface GraphqlConfig {

  /** How many lists and rows one request may ask for by fields of the query itself. */
  @WithDefault("10")
  int maxReads();

  /**
   * How many rows one request may ask for in all: the limits of its lists, and what belongs to
   * their rows.
   */
  @WithDefault("1000")
  int maxRows();
}
