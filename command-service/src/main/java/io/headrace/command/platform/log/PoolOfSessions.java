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
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Opens every session with the settings that the statements of this package count on.
 *
 * <p>All of them find rows by primary key and hash small arrays. Their plan is made once per
 * session and without a look at statistics; a plan made while the tables were empty must still be
 * right when they hold ten million rows. So plans that read a whole table are ruled out instead of
 * guessed about. {@code statement_timeout} is below the client's own timeout: then the statement's
 * end is known, and it was rolled back. Who waits for a session longer than that is given none any
 * more: a command that was refused must not be appended later. A transaction in which nothing
 * happens holds a stream that others wait for, so it is ended.
 */
@ApplicationScoped
class PoolOfSessions implements PgPoolCreator {

  /** From a lock to its use there are one read and one decision. */
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

  private final LogConfig config;
  private final EncryptionConfig encryption;
  private final LogHistory history;
  private volatile @Nullable BiFunction<Map<String, String>, Duration, Pool> single;

  PoolOfSessions(LogConfig config, EncryptionConfig encryption, LogHistory history) {
    this.config = config;
    this.encryption = encryption;
    this.history = history;
  }

  /**
   * A pool of one session, with its own limits, for reading along an index: the log is not sorted,
   * which for a large one would take longer than any limit and as much room again. It is the
   * caller's to close, and whatever the session was doing ends with it.
   */
  Pool single(Duration idleInTransaction, Duration statement) {
    BiFunction<Map<String, String>, Duration, Pool> opener = single;
    if (opener == null) {
      throw new IllegalStateException("the pool of the service is not there yet");
    }
    return opener.apply(
        Map.of(
            "application_name", "headrace-command-log",
            "enable_sort", "off",
            "enable_bitmapscan", "off",
            "idle_in_transaction_session_timeout", Long.toString(idleInTransaction.toMillis()),
            "statement_timeout", Long.toString(statement.toMillis())),
        // Nothing passes while a reader pauses, nor while a statement runs.
        idleInTransaction.plus(statement).plus(config.connectionSilence()));
  }

  private static void silence(PgConnectOptions options, Duration longest) {
    options.setIdleTimeout(milliseconds(longest)).setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
  }

  private static int milliseconds(Duration duration) {
    return Math.toIntExact(duration.toMillis());
  }

  /**
   * @throws IllegalStateException if the limits contradict each other
   */
  @Override
  public Pool create(Input input) {
    if (config.connectionSilence().compareTo(config.statementTimeout()) <= 0) {
      throw new IllegalStateException(
          "headrace.log-store.connection-silence (%s) must be longer than"
                  .formatted(config.connectionSilence())
              + " headrace.log-store.statement-timeout (%s): a statement that runs is silent"
                  .formatted(config.statementTimeout()));
    }
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
          .addProperty(
              "idle_in_transaction_session_timeout", Long.toString(LONGEST_PAUSE.toMillis()))
          .addProperty("statement_timeout", Long.toString(config.statementTimeout().toMillis()));
      options.setConnectTimeout(milliseconds(config.statementTimeout()));
      options.setTcpKeepAlive(true);
      silence(options, config.connectionSilence());
    }
    List<PgConnectOptions> servers = List.copyOf(input.pgConnectOptionsList());
    single =
        (properties, silence) ->
            PgBuilder.pool()
                .using(input.vertx())
                .with(new PoolOptions().setMaxSize(1))
                .connectingTo(
                    servers.stream()
                        .<SqlConnectOptions>map(
                            server -> {
                              var options = new PgConnectOptions(server);
                              properties.forEach(options::addProperty);
                              silence(options, silence);
                              return options;
                            })
                        .toList())
                .build();
    return PgBuilder.pool()
        .using(input.vertx())
        .with(
            input
                .poolOptions()
                .setConnectionTimeout(milliseconds(config.statementTimeout()))
                .setConnectionTimeoutUnit(TimeUnit.MILLISECONDS))
        .connectingTo(List.<SqlConnectOptions>copyOf(input.pgConnectOptionsList()))
        .withConnectHandler(history::opened)
        .build();
  }
}
