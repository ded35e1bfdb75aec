package io.headrace.images;

import static java.util.function.Predicate.not;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * That nothing is found only on a JVM: what reflection, the service loader and class names in
 * configuration need is in what Quarkus hands to native-image.
 */
class NativeSourcesTest {

  static final List<String> SERVICES = Checkout.SERVICES;

  private static final String CLASS_NAME = "[a-z]\\w*(\\.[a-z]\\w*)+\\.[A-Z][\\w$]*";
  private static final Map<String, NativeSources> SOURCES = new ConcurrentHashMap<>();

  private static NativeSources sources(String service) {
    return SOURCES.computeIfAbsent(service, NativeSources::of);
  }

  @ParameterizedTest
  @FieldSource("SERVICES")
  void the_data_of_every_context_can_be_read_and_written(String service) {
    List<String> data = new OwnClasses(service).dataOfContexts();

    assertThat(data).hasSizeGreaterThan(15);
    assertThat(data.stream().filter(not(sources(service)::isWhole)))
        .as("annotate them with @RegisterForReflection")
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"query-service", "projection-worker"})
  void what_http_resources_take_and_answer_can_be_read_and_written(String service) {
    Set<String> data = new OwnClasses(service).dataOfResources();

    assertThat(data).isNotEmpty();
    assertThat(data.stream().filter(not(sources(service)::isWhole)))
        .as("annotate them with @RegisterForReflection")
        .isEmpty();
  }

  @ParameterizedTest
  @FieldSource("SERVICES")
  void a_class_that_code_or_configuration_names_can_be_made(String service) throws IOException {
    NativeSources sources = sources(service);
    Set<String> named = new HashSet<>(new OwnClasses(service).strings());
    var properties = new Properties();
    try (var file =
        Files.newBufferedReader(
            Checkout.ROOT.resolve(service).resolve("src/main/resources/application.properties"))) {
      properties.load(file);
    }
    // Hibernate ORM is configured while the binary is built.
    properties.keySet().removeIf(key -> key.toString().startsWith("quarkus.hibernate-orm."));
    properties.forEach((_, value) -> named.add(value.toString()));
    named.removeIf(each -> !each.matches(CLASS_NAME));
    named.retainAll(sources.classes());

    assertThat(named.stream().filter(not(sources.reflection()::containsKey))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"command-service", "projection-worker"})
  void the_migrations_are_in_the_binary(String service) {
    var migrations = sources(service).entries(name -> name.matches("db/migration/.+\\.(sql|conf)"));

    assertThat(migrations).isNotEmpty();
    assertThat(migrations.keySet().stream().filter(not(sources(service)::hasResource))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"command-service", "outbox-relay", "projection-worker"})
  void kafka_can_be_reached_with_tls_and_a_login(String service) {
    NativeSources sources = sources(service);

    assertThat(sources.feature())
        .as("it holds state of the running process")
        .contains("org.apache.kafka.common.security.authenticator.SaslClientAuthenticator");
    assertThat(sources.arguments())
        .contains("org.apache.kafka.common.security.scram.internals.ScramSaslClientProvider")
        .contains("com.sun.security.sasl.Provider")
        .containsPattern("--enable-url-protocols=\\S*https");
    assertThat(
            List.of(
                "org.apache.kafka.common.security.authenticator.AbstractLogin$DefaultLoginCallbackHandler",
                "org.apache.kafka.common.security.authenticator.DefaultLogin",
                "org.apache.kafka.common.security.authenticator.SaslClientCallbackHandler",
                "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule",
                "org.apache.kafka.common.security.plain.PlainLoginModule",
                "org.apache.kafka.common.security.scram.ScramLoginModule"))
        .allMatch(sources::isMadeByName);
  }

  @ParameterizedTest
  @ValueSource(strings = "outbox-relay")
  void debezium_finds_what_it_names_only_at_run_time(String service) {
    NativeSources relay = sources(service);

    // What was seen to be needed; Debezium's jars say nothing of it.
    List<String> seen = new ArrayList<>();
    for (String group :
        List.of(
            "connector.base: DefaultQueueProvider QueueProviderService",
            "connector.common: DebeziumHeaderProducer",
            "connector.postgresql: PostgresConnector PostgresConnectorTask PostgresSourceInfoStructMaker",
            "connector.postgresql.snapshot.lock: NoSnapshotLock SharedSnapshotLock",
            "connector.postgresql.snapshot.query: SelectAllSnapshotQuery",
            "embedded.async: ConvertingAsyncEngineBuilderFactory",
            "engine.spi: OffsetCommitPolicy$PeriodicCommitOffsetPolicy",
            "pipeline.metrics: DefaultSnapshotChangeEventSourceMetrics DefaultStreamingChangeEventSourceMetrics"
                + " SnapshotChangeEventSourceMetricsMXBean StreamingChangeEventSourceMetricsMXBean",
            "pipeline.notification.channels: LogNotificationChannel SinkNotificationChannel jmx.JmxNotificationChannel",
            "pipeline.signal.actions: StandardActionProvider",
            "pipeline.signal.channels: FileSignalChannel KafkaSignalChannel SourceSignalChannel jmx.JmxSignalChannel"
                + " process.InProcessSignalChannel",
            "pipeline.txmetadata: DefaultTransactionMetadataFactory",
            "processors: PostProcessorRegistry",
            "relational: ConcurrentMapTableMappingStorage CustomConverterRegistry",
            "schema: SchemaTopicNamingStrategy",
            "snapshot: SnapshotterService",
            "snapshot.lock: NoLockingSupport",
            "snapshot.mode: AlwaysSnapshotter ConfigurationBasedSnapshotter InitialOnlySnapshotter InitialSnapshotter"
                + " NoDataSnapshotter RecoverySnapshotter WhenNeededNoDataSnapshotter WhenNeededSnapshotter")) {
      String[] parts = group.split(": ");
      for (String name : parts[1].split(" ")) {
        seen.add("io.debezium." + parts[0] + "." + name);
      }
    }
    seen.add("org.apache.kafka.connect.json.JsonConverter");
    assertThat(seen.stream().filter(not(relay::isWhole))).isEmpty();
    assertThat(relay.classes()).containsAll(seen);

    Map<String, String> services =
        relay.entries(name -> name.startsWith("META-INF/services/io.debezium."));
    assertThat(services).hasSizeGreaterThan(5);
    assertThat(services.keySet().stream().filter(not(relay::hasResource))).isEmpty();
    assertThat(
            List.of(
                "io/debezium/build.version",
                "io/debezium/connector/postgresql/build.version",
                "kafka/kafka-version.properties"))
        .allMatch(relay::hasResource);
    // Only a converter to CloudEvents, and a generator of documentation, load these.
    services.remove("META-INF/services/io.debezium.converters.spi.CloudEventsProvider");
    services.remove("META-INF/services/io.debezium.metadata.ComponentMetadataProvider");
    List<String> providers =
        services.values().stream()
            .flatMap(String::lines)
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .toList();
    assertThat(providers.stream().filter(not(relay::isMadeByName))).isEmpty();
  }
}
