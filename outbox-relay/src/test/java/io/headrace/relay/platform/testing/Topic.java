package io.headrace.relay.platform.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.headrace.events.platform.Headers;
import io.headrace.events.platform.RecordedEvent;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What a reader of committed records finds in a topic. */
public final class Topic {

  private static final Pattern ORDER = Pattern.compile("\\{\"n\": (\\d+),");

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Topic() {}

  /** The settings of a reader. */
  public static Map<String, Object> reader(String bootstrapServers) {
    return Map.of(
        "bootstrap.servers",
        bootstrapServers,
        "isolation.level",
        "read_committed",
        "auto.offset.reset",
        "earliest",
        "allow.auto.create.topics",
        false,
        "enable.auto.commit",
        false);
  }

  /**
   * Waits until the topic holds {@code expected} records, then reads on to its end, so that
   * duplicates are seen.
   *
   * @param patience for the next record
   */
  public static List<ConsumerRecord<String, byte[]>> read(
      String bootstrapServers, String topic, int expected, Duration patience) {
    List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
    read(bootstrapServers, topic, expected, patience, records::add);
    return records;
  }

  private static void read(
      String bootstrapServers,
      String topic,
      int expected,
      Duration patience,
      Consumer<ConsumerRecord<String, byte[]>> to) {
    long deadline = System.nanoTime() + patience.toNanos();
    try (KafkaConsumer<String, byte[]> consumer =
        new KafkaConsumer<>(
            reader(bootstrapServers), new StringDeserializer(), new ByteArrayDeserializer())) {
      List<PartitionInfo> partitions = List.of();
      while (partitions.isEmpty() && System.nanoTime() < deadline) {
        List<PartitionInfo> found = consumer.partitionsFor(topic);
        partitions = found == null ? List.of() : found;
      }
      List<TopicPartition> all =
          partitions.stream().map(p -> new TopicPartition(topic, p.partition())).toList();
      consumer.assign(all);
      int read = 0;
      while (read < expected && System.nanoTime() < deadline) {
        ConsumerRecords<String, byte[]> some = consumer.poll(Duration.ofMillis(100));
        some.forEach(to);
        if (!some.isEmpty()) {
          read += some.count();
          deadline = System.nanoTime() + patience.toNanos();
        }
      }
      Map<TopicPartition, Long> ends = consumer.endOffsets(all);
      while (all.stream().anyMatch(p -> consumer.position(p) < ends.get(p))
          && System.nanoTime() < deadline) {
        consumer.poll(Duration.ofMillis(100)).forEach(to);
      }
    }
  }

  /** Each event of the log is in the topic once, in order, and as it stands in the log. */
  public static void assertHoldsExactly(
      Map<String, Long> log, List<ConsumerRecord<String, byte[]>> records) {
    Check check = new Check(log, true);
    records.forEach(check::accept);
    check.end();
  }

  /** The same of the whole log, without keeping it all in memory. */
  public static void assertPublished(String bootstrapServers, EventLog log) throws SQLException {
    assertPublished(bootstrapServers, log, true);
  }

  /**
   * The same after a refill of what several wrote at the same time. The rows of a table do not tell
   * in which order their transactions were committed, so only the order of each stream is left.
   */
  public static void assertRefilled(String bootstrapServers, EventLog log) throws SQLException {
    assertPublished(bootstrapServers, log, false);
  }

  private static void assertPublished(String bootstrapServers, EventLog log, boolean inOrderOfKeys)
      throws SQLException {
    Map<String, Long> rows = log.rows();
    Check check = new Check(rows, inOrderOfKeys);
    read(bootstrapServers, log.topic(), rows.size(), PATIENCE, check::accept);
    check.end();
  }

  private static final class Check {
    private final Map<String, Long> missing;
    private final Map<String, Long> versions = new HashMap<>();
    private final Map<String, Long> orders = new HashMap<>();

    private final boolean inOrderOfKeys;

    Check(Map<String, Long> log, boolean inOrderOfKeys) {
      this.missing = new HashMap<>(log);
      this.inOrderOfKeys = inOrderOfKeys;
    }

    void accept(ConsumerRecord<String, byte[]> record) {
      RecordedEvent event = event(record);
      // No version comes twice, so neither does an event.
      long version = versions.merge(event.streamId(), 1L, Long::sum);
      if (event.streamVersion() != version) {
        fail("%s comes where version %d was to come", event.id(), version);
      }
      long order = orders.merge(event.partitionKey(), 1L, Long::sum);
      if (inOrderOfKeys && order(event) != order) {
        fail(
            "%s is number %d of %s, but comes as number %d",
            event.id(), order(event), event.partitionKey(), order);
      }
      Long digest = missing.remove(event.id());
      if (digest == null || digest != digest(event)) {
        fail("%s is not as it stands in the log: %s", event.id(), event);
      }
    }

    void end() {
      assertThat(missing.keySet()).as("never published").isEmpty();
    }

    private static long digest(RecordedEvent event) {
      return EventLog.digest(
          event.context(),
          event.type(),
          event.partitionKey(),
          ChronoUnit.MICROS.between(Instant.EPOCH, event.recordedAt()),
          event.metadata().correlationId(),
          new String(event.payload(), UTF_8));
    }
  }

  /**
   * Deletes records as a topic's retention would: what comes before an event in its partition.
   *
   * @param events by id; whether the event itself goes too
   */
  public static void deleteBefore(
      String bootstrapServers, String topic, Map<String, Boolean> events) throws Exception {
    Map<TopicPartition, RecordsToDelete> ends = new HashMap<>();
    for (ConsumerRecord<String, byte[]> record :
        read(bootstrapServers, topic, events.size(), PATIENCE)) {
      Boolean included = events.get(event(record).id());
      if (included != null) {
        ends.put(
            new TopicPartition(topic, record.partition()),
            RecordsToDelete.beforeOffset(record.offset() + (included ? 1 : 0)));
      }
    }
    assertThat(ends).as("partitions").hasSize(events.size());
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
      admin.deleteRecords(ends).all().get();
    }
  }

  /** What a topic is set to. */
  public static String setting(String bootstrapServers, String topic, String name)
      throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
      return admin.describeConfigs(List.of(resource)).all().get().get(resource).get(name).value();
    }
  }

  /** Creates a topic of one partition with these versions of a stream, past any relay. */
  public static void write(String bootstrapServers, String topic, String stream, long... versions)
      throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
        KafkaProducer<String, String> producer =
            new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers),
                new StringSerializer(),
                new StringSerializer())) {
      admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get();
      for (long version : versions) {
        ProducerRecord<String, String> record = new ProducerRecord<>(topic, stream, "{}");
        record.headers().add(Headers.SUBJECT, stream.getBytes(UTF_8));
        record.headers().add(Headers.STREAM_VERSION, Long.toString(version).getBytes(UTF_8));
        producer.send(record).get();
      }
    }
  }

  public static RecordedEvent event(ConsumerRecord<String, byte[]> record) {
    return RecordedEvent.fromKafka(
        record.key(),
        name -> {
          Header header = record.headers().lastHeader(name);
          return header == null ? null : header.value();
        },
        record.value());
  }

  private static long order(RecordedEvent event) {
    Matcher matcher = ORDER.matcher(new String(event.payload(), UTF_8));
    if (!matcher.find()) {
      fail("%s has no number", event.id());
    }
    return Long.parseLong(matcher.group(1));
  }
}
