package io.headrace.query.platform.read;

import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.SqlConnectOptions;
import jakarta.enterprise.inject.Instance;
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
  private final EncryptionConfig encryption;
  private final Instance<Pool> pool;
  private volatile List<PgConnectOptions> servers = List.of();

  ViewsPool(ReadConfig config, EncryptionConfig encryption, Instance<Pool> pool) {
    this.config = config;
    this.encryption = encryption;
    this.pool = pool;
  }

  /**
   * For a connection beside the pool.
   *
   * @param name of the connection's purpose, for those who look into {@code pg_stat_activity}
   * @param attempt counted up; where several servers are configured, each has its turn
   */
  PgConnectOptions connectOptions(String name, int attempt) {
    if (servers.isEmpty()) {
      pool.get().size(); // Has it created, if nobody has used it yet.
    }
    var options = new PgConnectOptions(servers.get(Math.floorMod(attempt, servers.size())));
    options.addProperty("application_name", "headrace-query-" + name);
    return options;
  }

  @Override
  public Pool create(Input input) {
    for (var options : input.pgConnectOptionsList()) {
      options.setIdleTimeout(Math.toIntExact(config.connectionSilence().toMillis()));
      options.setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
      options.setTcpKeepAlive(true);
      encryption.mode().apply(options, encryption.ca());
    }
    servers = List.copyOf(input.pgConnectOptionsList());
    return PgBuilder.pool()
        .with(input.poolOptions())
        .connectingTo(List.<SqlConnectOptions>copyOf(input.pgConnectOptionsList()))
        .using(input.vertx())
        .build();
  }
}
