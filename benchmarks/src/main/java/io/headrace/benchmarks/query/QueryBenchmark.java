package io.headrace.benchmarks.query;

import io.headrace.benchmarks.report.Figures;
import io.headrace.localstack.PostgresOptions;
import io.headrace.localstack.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * {@code make bench-query}: the query service as it is deployed, by key, by pages and by export,
 * beside the same SQL through the client that it is built on. Every round runs every kind, on the
 * same data, one after another, under the same load.
 */
public final class QueryBenchmark {

  private static final int CLIENTS = 32;
  private static final int LARGEST_PAGE = 200;
  private static final Pattern NEXT =
      Pattern.compile("\"next\":\\{\"href\":\"([^\"]*)&after=([^\"]*)\"");

  private final boolean quick = "1".equals(System.getenv("QUICK"));
  private final int rounds = quick ? 1 : 5;
  private final int orders = quick ? 20_000 : 200_000;
  private final double seconds = quick ? 2 : 10;

  /** On few processors the compiler is at work for more than a minute under full load. */
  private final double warmUp = quick ? 5 : 60;

  private final double liveWarmUp = quick ? 5 : 20;
  private final int liveClients = quick ? 200 : 2_000;
  private final int changesPerSecond = quick ? 200 : 1_000;
  private final Random random = new Random(11);
  private final Figures figures = new Figures("query", quick);
  private final PostgresServer postgres;

  private QueryBenchmark(PostgresServer postgres) {
    this.postgres = postgres;
  }

  public static void main(String[] arguments) throws Exception {
    Files.createDirectories(Path.of("target"));
    try (PostgresServer postgres = PostgresServer.start(PostgresOptions.throwaway())) {
      new QueryBenchmark(postgres).run();
    }
  }

  private void run() throws Exception {
    Dataset.create(postgres, orders);
    try (Child service = Child.service(postgres, Map.of());
        Child bare = Child.bare(postgres)) {
      check(service, bare);
      var deep = deepPage(service);
      for (var path : new String[] {"by key", "page"}) {
        Supplier<String> paths = path.equals("page") ? () -> "/orders" : this::byKey;
        // A service whose code has not been compiled yet refuses more than a few at a time.
        new HttpLoad(service.port(), 2, "", paths).run(warmUp / 10);
        load(service, paths, warmUp);
        load(bare, paths, warmUp);
      }
      for (int round = 1; round <= rounds; round++) {
        System.out.printf("%nround %d of %d%n", round, rounds);
        double byKey = measure("bykey", service, this::byKey);
        double withToken = measure("bykey_with_token", service, this::byKeyWithToken);
        figures.ratio("bykey_with_token_vs_without", withToken / byKey);
        double limit = measure("bykey_bare_client", bare, this::byKey);
        double plain = Child.plain(postgres, seconds, orders, CLIENTS);
        figures.add("bykey_bare_client_without_http", "requests/s", plain);
        double first = measure("first_page", service, () -> "/orders");
        double deeper = measure("deep_page", service, () -> deep);
        double pageLimit = measure("first_page_bare_client", bare, () -> "/orders");
        figures.ratio("bykey_vs_bare_client", byKey / limit);
        figures.ratio("bykey_vs_bare_client_without_http", byKey / plain);
        figures.ratio("first_page_vs_bare_client", first / pageLimit);
        figures.ratio("deep_page_vs_first_page", deeper / first);
        export(service);
        live(service);
      }
    }
    figures.print();
    figures.write(Path.of("target", "bench", "query.json"), rounds);
  }

  private String byKey() {
    return "/orders/" + Dataset.orderId(random.nextInt(orders));
  }

  /**
   * The token of a command that the view has applied already: what asking costs, without waiting.
   */
  private String byKeyWithToken() {
    int order = random.nextInt(orders);
    return "/orders/" + Dataset.orderId(order) + "?consistency=" + Dataset.token(order);
  }

  private static HttpLoad.Result load(Child server, Supplier<String> paths, double seconds)
      throws IOException {
    return new HttpLoad(server.port(), CLIENTS, "", paths).run(seconds);
  }

  private double measure(String name, Child server, Supplier<String> paths) throws IOException {
    var result = load(server, paths, seconds);
    figures.add(name, "requests/s", result.perSecond());
    figures.add(name + "_p50", "ms", result.millis(50));
    figures.add(name + "_p99", "ms", result.millis(99));
    return result.perSecond();
  }

  /** Both answer with the same order, and the service with all of them. */
  private void check(Child service, Child bare) throws IOException {
    var path = byKey();
    var id = path.substring("/orders/".length());
    for (var server : new Child[] {service, bare}) {
      if (!server.get(path).contains(id)) {
        throw new IllegalStateException("not the order " + id);
      }
    }
    if (!service.get("/orders?limit=1&total=true").contains("\"total\":" + orders)) {
      throw new IllegalStateException("not all orders are there");
    }
  }

  /** Nine tenths down the list, found as a client would find it: page after page. */
  private String deepPage(Child service) throws IOException {
    var path = "/orders?limit=" + LARGEST_PAGE;
    var cursor = "";
    for (int row = 0; row < orders / 10 * 9; row += LARGEST_PAGE) {
      var next = NEXT.matcher(service.get(path));
      if (!next.find()) {
        throw new IllegalStateException("the list ends too early");
      }
      cursor = next.group(2);
      path = next.group(1) + "&after=" + cursor;
    }
    return "/orders?after=" + cursor;
  }

  /** Clients that watch, while rows change; the first run of each round only warms up. */
  private void live(Child service) throws Exception {
    double before = service.memory();
    try (LiveLoad load = new LiveLoad(postgres, service.port(), liveClients)) {
      load.run(changesPerSecond, liveWarmUp);
      LiveLoad.Result result = load.run(changesPerSecond, seconds);
      figures.add("live_changes", "changes/s", result.changesPerSecond());
      figures.add("live_deliveries", "deliveries/s", result.deliveriesPerSecond());
      figures.add("live_delivery_p50", "ms", result.millis(50));
      figures.add("live_delivery_p99", "ms", result.millis(99));
      figures.add("live_memory", "MB", service.memory());
      figures.add("live_more_memory", "MB", service.memory() - before);
    }
  }

  private void export(Child service) throws IOException {
    for (var format : new String[] {"ndjson", "csv"}) {
      double before = service.memory();
      long start = System.nanoTime();
      long bytes = service.drain("/views/orders/export?format=" + format);
      double took = (System.nanoTime() - start) / 1e9;
      if (bytes < orders * 100L) {
        throw new IllegalStateException("the export is incomplete");
      }
      figures.add("export_" + format, "rows/s", orders / took);
      figures.add("export_" + format + "_more_memory", "MB", service.memory() - before);
    }
  }
}
