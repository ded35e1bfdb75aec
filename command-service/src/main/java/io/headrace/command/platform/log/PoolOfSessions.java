package io.headrace.command.platform.log;

import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.SqlConnectOptions;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

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
  private final EncryptionConfig encryption;
  private volatile @Nullable Function<Map<String, String>, Pool> single;

  PoolOfSessions(LogConfig config, EncryptionConfig encryption) {
    this.config = config;
    this.encryption = encryption;
  }

  /**
   * A pool of one session, with its own limits. It is the caller's to close, and whatever the
   * session was doing ends with it.
   */
  Pool single(Duration idleInTransaction, Duration statement) {
    Function<Map<String, String>, Pool> opener = single;
    if (opener == null) {
      throw new IllegalStateException("the pool of the service is not there yet");
    }
    return opener.apply(
        Map.of(
            "application_name", "headrace-command-log",
            "idle_in_transaction_session_timeout", Long.toString(idleInTransaction.toMillis()),
            "statement_timeout", Long.toString(statement.toMillis())));
  }

  @Override
  public Pool create(Input input) {
    for (PgConnectOptions options : input.pgConnectOptionsList()) {
      // Vert.x prepares anew, each time, what is longer than its limit of 2,048 characters.
      options.setPreparedStatementCacheSqlLimit(Integer.MAX_VALUE);
      encryption.mode().apply(options, encryption.ca());
      options
          .addProperty("application_name", "headrace-command")
          .addProperty("plan_cache_mode", "force_generic_plan")
          .addProperty("enable_seqscan", "off")
          .addProperty("enable_hashjoin", "off")
          .addProperty("enable_mergejoin", "off")
          .addProperty("jit", "off")
          .addProperty("statement_timeout", Long.toString(config.statementTimeout().toMillis()));
    }
    List<PgConnectOptions> servers = List.copyOf(input.pgConnectOptionsList());
    single =
        properties ->
            PgBuilder.pool()
                .using(input.vertx())
                .with(new PoolOptions().setMaxSize(1))
                .connectingTo(
                    servers.stream()
                        .<SqlConnectOptions>map(
                            server -> {
                              var options = new PgConnectOptions(server);
                              properties.forEach(options::addProperty);
                              return options;
                            })
                        .toList())
                .build();
    return PgBuilder.pool()
        .using(input.vertx())
        .with(input.poolOptions())
        .connectingTo(List.<SqlConnectOptions>copyOf(input.pgConnectOptionsList()))
        .build();
  }
}
