package io.headrace.localstack.testing;

import io.headrace.localstack.KafkaOptions;
import io.headrace.localstack.KafkaServer;
import io.headrace.localstack.PostgresOptions;
import io.headrace.localstack.PostgresServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A real PostgreSQL and a real Kafka for the tests of a service: one of each for the whole test
 * JVM, started at first use, on free ports, gone with the JVM. {@code @ResourceArg(name = "kafka",
 * value = "false")} leaves Kafka out.
 *
 * <p>The JVM may load this class several times, once per Quarkus application that it starts for
 * tests. The servers are therefore kept in the system properties, in terms of classes that all of
 * them share.
 */
public final class LocalStackResource implements QuarkusTestResourceLifecycleManager {
  private static final String POSTGRES = "io.headrace.localstack.testing.postgres";
  private static final String KAFKA = "io.headrace.localstack.testing.kafka";

  private boolean kafka = true;

  @Override
  public void init(Map<String, String> arguments) {
    kafka = !"false".equals(arguments.get("kafka"));
  }

  @Override
  public Map<String, String> start() {
    Map<String, String> configuration = new HashMap<>();
    String port = String.valueOf(postgres().port());
    for (String database : new String[] {"database", "views"}) {
      configuration.put("headrace." + database + ".host", postgres().host());
      configuration.put("headrace." + database + ".port", port);
    }
    if (kafka) {
      configuration.put("kafka.bootstrap.servers", kafka().bootstrapServers());
    }
    return configuration;
  }

  /** The servers stay for the next application of this JVM. */
  @Override
  public void stop() {}

  /** The PostgreSQL of this JVM. */
  public static PostgresServer postgres() {
    return shared(
        POSTGRES,
        () -> {
          PostgresServer server = PostgresServer.start(PostgresOptions.throwaway());
          closeAtExit(server);
          return server.share();
        },
        PostgresServer::shared);
  }

  /** The Kafka of this JVM. */
  public static KafkaServer kafka() {
    return shared(
        KAFKA,
        () -> {
          KafkaServer server = KafkaServer.start(KafkaOptions.throwaway());
          closeAtExit(server);
          return server.share();
        },
        KafkaServer::shared);
  }

  private static <T> T shared(
      String key, Supplier<Map<String, Object>> starter, Function<Map<String, Object>, T> view) {
    // A lock that every class loader sees.
    synchronized (Runtime.getRuntime()) {
      @SuppressWarnings("unchecked")
      Map<String, Object> running = (Map<String, Object>) System.getProperties().get(key);
      if (running != null) {
        return view.apply(running);
      }
      Map<String, Object> server = starter.get();
      keep(key, server);
      return view.apply(server);
    }
  }

  /**
   * Some libraries (Narayana, which comes with JDBC in Quarkus) copy all system properties as text
   * and fail on one that has none. So each value gets a text beside it, among the defaults that
   * {@link Properties#getProperty(String)} falls back to.
   */
  private static void keep(String key, Map<String, Object> server) {
    Properties texts = new Properties();
    texts.setProperty(POSTGRES, "shared");
    texts.setProperty(KAFKA, "shared");
    Properties properties = new Properties(texts);
    properties.putAll(System.getProperties());
    properties.put(key, server);
    System.setProperties(properties);
  }

  private static void closeAtExit(AutoCloseable server) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  try {
                    server.close();
                  } catch (Exception e) {
                    System.err.println("A server of the tests was not cleaned up: " + e);
                  }
                },
                "close-local-stack"));
  }
}
