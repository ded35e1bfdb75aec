package io.headrace.projection.platform.engine;

import io.headrace.projection.contexts.ordering.OrdersView;
import io.headrace.projection.platform.log.HttpEventLog;
import io.headrace.projection.platform.view.View;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The whole worker but for its HTTP side: as many in a test as it needs, or a process of its own.
 */
final class WorkerProcess {

  private WorkerProcess() {}

  static Supervisor start(
      List<View<?>> views,
      String bootstrapServers,
      DataSource dataSource,
      String logUrl,
      Map<String, String> settings) {
    Map<String, Object> kafka = new HashMap<>();
    kafka.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    kafka.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 500);
    // A member that is killed is missed soon; the broker of the tests allows it.
    kafka.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 2_000);
    kafka.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 200);
    kafka.put(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 500);
    Supervisor supervisor =
        new Supervisor(
            Views.compile(views),
            Views.catalogueOf(views),
            dataSource,
            kafka,
            new HttpEventLog(
                URI.create(logUrl),
                HttpEventLog.Protection.none(),
                Duration.ofSeconds(10),
                Duration.ofSeconds(30)),
            config(settings),
            new SimpleMeterRegistry(),
            Clock.systemUTC());
    supervisor.start();
    return supervisor;
  }

  static ProjectionConfig config(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>();
    all.put("headrace.projection.batch-size", "200");
    all.put("headrace.projection.retry-delay", "20ms");
    all.put("headrace.projection.retry-max-delay", "500ms");
    all.put("headrace.projection.supervision-interval", "50ms");
    all.put("headrace.projection.gaps.retry-delay", "200ms");
    settings.forEach((key, value) -> all.put("headrace.projection." + key, value));
    return new SmallRyeConfigBuilder()
        .addDiscoveredConverters()
        .withMapping(ProjectionConfig.class)
        .withDefaultValues(all)
        .build()
        .getConfigMapping(ProjectionConfig.class);
  }

  /** On the live generation. */
  static <R extends Record> ViewWorker<R> viewWorker(View<R> view, DataSource dataSource)
      throws SQLException {
    int live;
    try (Connection connection = dataSource.getConnection()) {
      live = Generations.requireLive(connection, view.name()).number();
    }
    return new ViewWorker<>(
        new CompiledView<>(view),
        live,
        dataSource,
        new Retry(Duration.ofMillis(20), Duration.ofMillis(500)),
        new ViewMetrics(new SimpleMeterRegistry(), view.name(), live));
  }

  static DataSource dataSource(String jdbcUrl) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(jdbcUrl);
    dataSource.setUser("headrace_projection");
    dataSource.setPassword("headrace_projection");
    return dataSource;
  }

  /** As a process, to be killed. Ends with its parent, whose end closes the standard input. */
  public static void main(String[] args) throws IOException {
    Supervisor supervisor =
        start(
            List.of(new OrdersView()),
            args[0],
            dataSource(args[1]),
            args[2],
            Map.of("group", args[3]));
    int end = System.in.read();
    System.exit(supervisor.isStopping() ? 1 : end);
  }

  static Process fork(String bootstrapServers, String jdbcUrl, String logUrl, String group)
      throws IOException {
    return new ProcessBuilder(
            ProcessHandle.current().info().command().orElse("java"),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            WorkerProcess.class.getName(),
            bootstrapServers,
            jdbcUrl,
            logUrl,
            group)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  static void kill(Process process) throws InterruptedException {
    process.destroyForcibly();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      throw new AssertionError("the process does not die");
    }
  }
}
