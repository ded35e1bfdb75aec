package io.headrace.benchmarks.query;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.Tuple;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The limit: the reactive PostgreSQL client that the query service has, with the same SQL, as many
 * connections and threads, and nothing about it. A process of its own, as the service is.
 *
 * <p>{@code http <port>}: behind the least HTTP server, so that the same load asks it as asks the
 * service. {@code plain <seconds> <orders> <in flight>}: without one, prints reads a second.
 */
final class BareClient {

  private static final int CONNECTIONS = 20;

  private BareClient() {}

  public static void main(String[] arguments) throws InterruptedException {
    Vertx vertx = Vertx.vertx();
    PgConnectOptions options =
        new PgConnectOptions()
            .setHost(System.getenv("HEADRACE_VIEWS_HOST"))
            .setPort(Integer.parseInt(System.getenv("HEADRACE_VIEWS_PORT")))
            .setDatabase(System.getenv("HEADRACE_VIEWS_NAME"))
            .setUser("headrace_query")
            .setPassword("headrace_query")
            .setCachePreparedStatements(true);
    Pool pool =
        PgBuilder.pool()
            .with(new PoolOptions().setMaxSize(CONNECTIONS))
            .connectingTo(options)
            .using(vertx)
            .build();
    if (arguments[0].equals("http")) {
      serve(vertx, pool, Integer.parseInt(arguments[1]));
    } else {
      double perSecond =
          plain(
              pool,
              Double.parseDouble(arguments[1]),
              Integer.parseInt(arguments[2]),
              Integer.parseInt(arguments[3]));
      System.out.println("reads/s " + perSecond);
      System.exit(0);
    }
  }

  private static void serve(Vertx vertx, Pool pool, int port) {
    for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
      vertx.deployVerticle(
          new io.vertx.core.AbstractVerticle() {
            @Override
            public void start() {
              vertx
                  .createHttpServer(new HttpServerOptions().setPort(port).setHost("127.0.0.1"))
                  .requestHandler(request -> answer(request, pool))
                  .listen();
            }
          });
    }
  }

  private static void answer(HttpServerRequest request, Pool pool) {
    String path = request.path();
    if (path.equals("/q/health/ready")) {
      request.response().end();
    } else if (path.equals("/orders")) {
      pool.preparedQuery(Columns.PAGE)
          .execute()
          .onSuccess(rows -> json(request, Columns.page(rows)))
          .onFailure(failure -> broken(request, failure));
    } else {
      pool.preparedQuery(Columns.BY_KEY)
          .execute(Tuple.of(path.substring("/orders/".length())))
          .onSuccess(rows -> json(request, Columns.row(rows.iterator().next())))
          .onFailure(failure -> broken(request, failure));
    }
  }

  private static void json(HttpServerRequest request, Buffer body) {
    request.response().putHeader("Content-Type", "application/json").end(body);
  }

  private static void broken(HttpServerRequest request, Throwable failure) {
    failure.printStackTrace();
    request.response().setStatusCode(500).end();
  }

  private static double plain(Pool pool, double seconds, int orders, int inFlight)
      throws InterruptedException {
    AtomicLong reads = new AtomicLong();
    // As long again before it is measured, to connect and to be compiled.
    long start = System.nanoTime() + (long) (seconds * 1e9);
    long end = start + (long) (seconds * 1e9);
    for (int i = 0; i < inFlight; i++) {
      read(pool, new Random(i), orders, start, end, reads);
    }
    while (System.nanoTime() < end) {
      Thread.sleep(20);
    }
    return reads.get() / seconds;
  }

  private static void read(
      Pool pool, Random random, int orders, long start, long end, AtomicLong reads) {
    pool.preparedQuery(Columns.BY_KEY)
        .execute(Tuple.of(Dataset.orderId(random.nextInt(orders))))
        .map(rows -> Columns.row(rows.iterator().next()))
        .onSuccess(
            _ -> {
              long now = System.nanoTime();
              if (now < end) {
                if (now >= start) {
                  reads.incrementAndGet();
                }
                read(pool, random, orders, start, end, reads);
              }
            })
        .onFailure(Throwable::printStackTrace);
  }
}
