package io.headrace.projection.platform.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.Heartbeat;
import io.headrace.events.platform.Topics;
import io.headrace.projection.contexts.ordering.OrderLives;
import io.headrace.projection.contexts.ordering.OrdersView;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** What a running worker tells readers: that it has committed, and how complete a view is. */
class LiveFreshnessTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final OrdersView orders = new OrdersView();
  private final EventCatalogue catalogue = Views.catalogueOf(List.of(orders));

  @Test
  void readers_are_told_of_commits_and_how_complete_the_view_is_also_across_a_rebuild()
      throws Exception {
    Servers servers = Servers.get();
    try (Admin admin = admin(servers);
        KafkaProducer<byte[], byte[]> relay = relay(servers);
        Connection listener = servers.reader()) {
      createTopic(admin);
      listener.createStatement().execute("LISTEN headrace_views");
      int first = live(servers);

      Instant second;
      try (Supervisor _ = worker(servers)) {
        servers.publish(order("live-1"));
        awaitNotification(listener, first);
        awaitApplied(servers, "order-live-1");

        // Of all events that are there, with the marks of their transactions.
        Instant now = beat(servers, admin, relay);
        awaitComplete(servers, now);
        // Nothing is written, and time goes on.
        second = beat(servers, admin, relay);
        awaitComplete(servers, second);
        assertThat(
                servers.ask(
                    "SELECT string_agg(topic, ' ' ORDER BY topic) FROM view_topic WHERE view = 'orders' AND generation = "
                        + first))
            .isEqualTo("ordering.events payment.events review.events shipping.events");
      }
      // The worker is dead, and the view stays as old as it is.
      servers.publish(order("live-2"));
      Instant third = beat(servers, admin, relay);
      assertThat(complete(servers)).isEqualTo(second);

      try (Supervisor worker = worker(servers)) {
        awaitComplete(servers, third);
        drain(listener);
        worker
            .rebuilds()
            .begin(
                worker.view("orders").orElseThrow(),
                new Rebuilds.Request("requested", null, false, null, null));
        await().atMost(PATIENCE).until(() -> live(servers) > first);
        List<String> told = drain(listener);
        assertThat(told)
            .as("and not one that nobody reads")
            .containsOnly("orders:" + live(servers));
        // The heartbeat is from before the generation.
        awaitComplete(servers, third);
        servers.publish(order("live-3"));
        awaitNotification(listener, live(servers));
        awaitComplete(servers, beat(servers, admin, relay));
      }
    }
  }

  private List<Published> order(String id) {
    List<ViewSpec.Stream> streams = OrderLives.life(id, new Random(11));
    return Environment.interleaved(catalogue, streams, new Random(11));
  }

  private Supervisor worker(Servers servers) {
    return WorkerProcess.start(
        List.of(orders),
        servers.kafka.bootstrapServers(),
        servers.dataSource,
        servers.log.url(),
        Map.of("group", "freshness"));
  }

  /** As the relay does when it has published everything; ends are read from Kafka. */
  private Instant beat(Servers servers, Admin admin, KafkaProducer<byte[], byte[]> relay)
      throws Exception {
    Instant now = Instant.now().truncatedTo(java.time.temporal.ChronoUnit.MILLIS);
    Map<TopicPartition, OffsetSpec> partitions = new HashMap<>();
    for (String topic : new CompiledView<>(orders).topics()) {
      for (int partition = 0; partition < 6; partition++) {
        partitions.put(new TopicPartition(topic, partition), OffsetSpec.latest());
      }
    }
    Map<String, long[]> ends = new HashMap<>();
    admin
        .listOffsets(partitions)
        .all()
        .get()
        .forEach(
            (partition, end) ->
                ends.computeIfAbsent(partition.topic(), t -> new long[6])[partition.partition()] =
                    end.offset());
    relay
        .send(
            new ProducerRecord<>(
                Topics.HEARTBEAT,
                0,
                "test".getBytes(StandardCharsets.UTF_8),
                new Heartbeat(now, ends).toJson()))
        .get();
    return now;
  }

  private static void awaitNotification(Connection listener, int generation) {
    await().atMost(PATIENCE).until(() -> drain(listener).contains("orders:" + generation));
  }

  private static List<String> drain(Connection listener) throws SQLException {
    List<String> told = new ArrayList<>();
    PGNotification[] notifications = listener.unwrap(PGConnection.class).getNotifications(100);
    if (notifications != null) {
      for (PGNotification each : notifications) {
        if (each.getParameter().startsWith("orders:")) {
          told.add(each.getParameter());
        }
      }
    }
    return told;
  }

  private static void awaitApplied(Servers servers, String stream) {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                servers.ask(
                        "SELECT 1 FROM view_stream WHERE view = 'orders' AND stream_id = '%s'"
                            .formatted(stream))
                    != null);
  }

  private static void awaitComplete(Servers servers, Instant until) {
    await().atMost(PATIENCE).until(() -> until.equals(complete(servers)));
  }

  private static Instant complete(Servers servers) throws SQLException {
    String millis =
        servers.ask(
            """
            SELECT (extract(epoch FROM CASE WHEN bool_and(f.complete_until IS NOT NULL) THEN min(f.complete_until) END) * 1000)::bigint
              FROM view_freshness f JOIN view_generation g USING (view, generation)
              WHERE f.view = 'orders' AND g.state = 'live'""");
    return millis == null ? null : Instant.ofEpochMilli(Long.parseLong(millis));
  }

  private static int live(Servers servers) throws SQLException {
    return Integer.parseInt(
        servers.ask(
            "SELECT generation FROM view_generation WHERE view = 'orders' AND state = 'live'"));
  }

  private static Admin admin(Servers servers) {
    return Admin.create(
        Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, servers.kafka.bootstrapServers()));
  }

  private static void createTopic(Admin admin) throws Exception {
    try {
      admin.createTopics(List.of(new NewTopic(Topics.HEARTBEAT, 1, (short) 1))).all().get();
    } catch (ExecutionException e) {
      assertThat(e).hasCauseInstanceOf(TopicExistsException.class);
    }
  }

  private static KafkaProducer<byte[], byte[]> relay(Servers servers) {
    return new KafkaProducer<>(
        Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, servers.kafka.bootstrapServers()),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }
}
