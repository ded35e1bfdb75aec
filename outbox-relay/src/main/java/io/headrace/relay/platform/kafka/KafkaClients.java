package io.headrace.relay.platform.kafka;

import io.headrace.relay.platform.RelayConfig;
import io.headrace.relay.platform.RelayRefusedException;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Makes Kafka's clients; where Kafka is and how to log in comes from {@code kafka.*}. */
@ApplicationScoped
public class KafkaClients {

  private final Map<String, Object> connection;
  private final RelayConfig config;

  KafkaClients(
      @Identifier("default-kafka-broker") Map<String, Object> connection, RelayConfig config) {
    this.connection = connection;
    this.config = config;
  }

  private int timeout() {
    return Math.toIntExact(config.kafkaTimeout().toMillis());
  }

  /** A lost request is sent again in time. */
  private int requestTimeout() {
    return Math.max(500, timeout() / 3);
  }

  Admin admin() {
    Map<String, Object> settings = new HashMap<>(connection);
    settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, requestTimeout());
    settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, timeout());
    return Admin.create(settings);
  }

  KafkaProducer<byte[], byte[]> producer() {
    Map<String, Object> settings = new HashMap<>(connection);
    // A commit sends at once what is left, so waiting for fuller requests costs nothing.
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 50);
    settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 128 * 1024);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, timeout());
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, requestTimeout());
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, timeout());
    // The markers of the transaction before may still be on their way: that takes a millisecond or
    // two, not the hundred that the client would wait by itself.
    settings.put(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, 5);
    settings.put(ProducerConfig.RETRY_BACKOFF_MAX_MS_CONFIG, 500);
    // A relay that died inside a transaction holds up the readers until its successor starts, or
    // for so long.
    settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 30_000);
    settings.putAll(config.producer());
    requireLargestRecord(settings.get(ProducerConfig.MAX_REQUEST_SIZE_CONFIG));
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "headrace-relay-" + config.slot());
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private void requireLargestRecord(@Nullable Object maxRequestSize) {
    long limit = maxRequestSize == null ? 1024 * 1024 : Long.parseLong(maxRequestSize.toString());
    if (limit < EventTopics.largestRecord(config)) {
      throw new RelayRefusedException(
          "the producer sends records of at most %d bytes (headrace.relay.producer.\"max.request.size\"), but an event may need %d"
              .formatted(limit, EventTopics.largestRecord(config)));
    }
  }

  /** One that fences nobody. */
  KafkaProducer<byte[], byte[]> plainProducer() {
    Map<String, Object> settings = new HashMap<>(connection);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, timeout());
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, requestTimeout());
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, timeout());
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** One that does not make its user wait: what it cannot send soon, it does not send. */
  KafkaProducer<byte[], byte[]> heartbeatProducer() {
    Map<String, Object> settings = new HashMap<>(connection);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 100);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, requestTimeout());
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, timeout());
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  KafkaConsumer<byte[], byte[]> consumer() {
    Map<String, Object> settings = new HashMap<>(connection);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, timeout());
    return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }
}
