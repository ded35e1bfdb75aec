package io.headrace.relay.platform.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.relay.platform.RelayConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * The compacted topic with the parked events of all slots. In Kafka, so that every relay of the
 * slot knows of them, and one that takes over goes on too.
 */
public final class ParkedTopic {

  private final TopicPartition partition;
  private final String prefix;

  ParkedTopic(RelayConfig config) {
    this.partition = new TopicPartition(config.topics().parked(), 0);
    this.prefix = config.slot() + "/";
  }

  /** Keeps it for good. */
  public static void park(KafkaClients clients, RelayConfig config, ParkedEvent event) {
    ParkedTopic topic = new ParkedTopic(config);
    try (EventTopics topics = new EventTopics(clients.admin(), config)) {
      topics.ensureCompacted(topic.partition.topic());
    }
    try (KafkaProducer<byte[], byte[]> producer = clients.plainProducer()) {
      producer
          .send(
              new ProducerRecord<>(
                  topic.partition.topic(),
                  0,
                  (topic.prefix + event.event()).getBytes(UTF_8),
                  event.toJson()))
          .get();
    } catch (ExecutionException e) {
      throw KafkaFailure.of("cannot park " + event.event(), e.getCause());
    } catch (InterruptedException e) {
      throw KafkaFailure.interrupted();
    }
  }

  /** The slot's parked events by their ids. */
  public static Map<String, ParkedEvent> all(KafkaClients clients, RelayConfig config) {
    try (Admin admin = clients.admin();
        KafkaConsumer<byte[], byte[]> consumer = clients.consumer()) {
      return new ParkedTopic(config).read(admin, consumer);
    }
  }

  Map<String, ParkedEvent> read(Admin admin, KafkaConsumer<byte[], byte[]> consumer) {
    Map<String, ParkedEvent> parked = new LinkedHashMap<>();
    if (!EventTopics.existing(admin).contains(partition.topic())) {
      return parked;
    }
    TopicReader.read(
        consumer,
        List.of(partition),
        consumer.endOffsets(List.of(partition)),
        record -> add(record, parked));
    return parked;
  }

  private void add(ConsumerRecord<byte[], byte[]> record, Map<String, ParkedEvent> parked) {
    String key = new String(record.key(), UTF_8);
    if (key.startsWith(prefix) && record.value() != null) {
      parked.put(key.substring(prefix.length()), ParkedEvent.fromJson(record.value()));
    }
  }
}
