package io.headrace.query.platform.read;

import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.pgclient.PgBuilder;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnectOptions;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Lets a connection die that has been silent for too long. Without it a database that vanishes
 * without a word (a pulled cable, a dropped route) would hold every connection for the minutes that
 * TCP takes to give up.
 */
@Singleton
class ViewsPool implements PgPoolCreator {

  private final ReadConfig config;

  ViewsPool(ReadConfig config) {
    this.config = config;
  }

  @Override
  public Pool create(Input input) {
    for (var options : input.pgConnectOptionsList()) {
      options.setIdleTimeout(Math.toIntExact(config.connectionSilence().toMillis()));
      options.setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
      options.setTcpKeepAlive(true);
    }
    return PgBuilder.pool()
        .with(input.poolOptions())
        .connectingTo(List.<SqlConnectOptions>copyOf(input.pgConnectOptionsList()))
        .using(input.vertx())
        .build();
  }
}
