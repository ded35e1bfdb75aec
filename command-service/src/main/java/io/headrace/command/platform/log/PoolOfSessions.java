package io.headrace.command.platform.log;

import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnectOptions;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/**
 * Opens every session with the settings that the statements of this package count on.
 *
 * <p>All of them find rows by primary key and hash small arrays. Their plan is made once per
 * session and without a look at statistics; a plan made while the tables were empty must still be
 * right when they hold ten million rows. So plans that read a whole table are ruled out instead of
 * guessed about. {@code statement_timeout} is below the client's own timeout: then the statement's
 * end is known, and it was rolled back.
 */
@ApplicationScoped
class PoolOfSessions implements PgPoolCreator {

  private final LogConfig config;

  PoolOfSessions(LogConfig config) {
    this.config = config;
  }

  @Override
  public Pool create(Input input) {
    for (PgConnectOptions options : input.pgConnectOptionsList()) {
      options
          .addProperty("application_name", "headrace-command")
          .addProperty("plan_cache_mode", "force_generic_plan")
          .addProperty("enable_seqscan", "off")
          .addProperty("enable_hashjoin", "off")
          .addProperty("enable_mergejoin", "off")
          .addProperty("jit", "off")
          .addProperty("statement_timeout", Long.toString(config.statementTimeout().toMillis()));
    }
    return PgBuilder.pool()
        .using(input.vertx())
        .with(input.poolOptions())
        .connectingTo(List.<SqlConnectOptions>copyOf(input.pgConnectOptionsList()))
        .build();
  }
}
