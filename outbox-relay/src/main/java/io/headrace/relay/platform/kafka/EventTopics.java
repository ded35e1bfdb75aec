package io.headrace.relay.platform.kafka;

import io.headrace.relay.platform.RelayConfig;
import io.headrace.relay.platform.RelayConfig.TopicsConfig;
import io.headrace.relay.platform.RelayRefusedException;
import io.quarkus.logging.Log;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;

/** Creates the topics that are missing; touches none that exists. For one thread. */
final class EventTopics implements AutoCloseable {

  private static final int BESIDE_PAYLOAD = 16 * 1024;

  private final Admin admin;
  private final TopicsConfig config;
  private final long largestRecord;
  private final Set<String> known = new HashSet<>();

  EventTopics(Admin admin, RelayConfig config) {
    this.admin = admin;
    this.config = config.topics();
    this.largestRecord = largestRecord(config);
  }

  /** What a record may take up: the largest payload, with its key and headers. */
  static long largestRecord(RelayConfig config) {
    return config.maxEventSize().asLongValue() + BESIDE_PAYLOAD;
  }

  /**
   * Makes sure that a context's topic exists, and that it takes the largest event.
   *
   * @throws RelayRefusedException if it does not
   */
  void ensure(String topic) {
    if (!known.contains(topic)) {
      create(new NewTopic(topic, config.partitions(), config.replication()).configs(settings()));
      long limit = Long.parseLong(setting(topic, TopicConfig.MAX_MESSAGE_BYTES_CONFIG));
      if (limit < largestRecord) {
        throw new RelayRefusedException(
            "the topic %s takes records of at most %d bytes (max.message.bytes), but an event may need %d: raise it, or lower headrace.commands.max-event-size and headrace.relay.max-event-size together"
                .formatted(topic, limit, largestRecord));
      }
      known.add(topic);
    }
  }

  private Map<String, String> settings() {
    Map<String, String> settings = new HashMap<>();
    // A consumer that comes late, or was away for long, misses nothing, unless an operator wants
    // it otherwise; the broker's default would have it miss what is older than a week.
    settings.put(TopicConfig.RETENTION_MS_CONFIG, "-1");
    settings.putAll(config.settings());
    return settings;
  }

  /**
   * Makes sure that the topic of the positions exists and keeps them.
   *
   * @throws RelayRefusedException if it would forget them
   */
  void ensureOffsets() {
    String topic = config.offsets();
    ensureCompacted(topic);
    String policy = setting(topic, TopicConfig.CLEANUP_POLICY_CONFIG);
    if (!policy.equals(TopicConfig.CLEANUP_POLICY_COMPACT)) {
      throw new RelayRefusedException(
          "the topic %s must have cleanup.policy=compact, but has %s: Kafka would delete the relay's position"
              .formatted(topic, policy));
    }
  }

  /** Makes sure that a topic of one partition exists that keeps the newest record of each key. */
  void ensureCompacted(String topic) {
    create(
        new NewTopic(topic, Optional.of(1), Optional.of(config.replication()))
            .configs(
                Map.of(
                    TopicConfig.CLEANUP_POLICY_CONFIG,
                    TopicConfig.CLEANUP_POLICY_COMPACT,
                    // One record a transaction: let the cleaner have them soon.
                    TopicConfig.SEGMENT_BYTES_CONFIG,
                    Integer.toString(16 * 1024 * 1024),
                    TopicConfig.MIN_CLEANABLE_DIRTY_RATIO_CONFIG,
                    "0.1")));
  }

  private String setting(String topic, String name) {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    return await(admin.describeConfigs(List.of(resource)).all()).get(resource).get(name).value();
  }

  /** The names of all topics. */
  static Set<String> existing(Admin admin) {
    return await(admin.listTopics().names());
  }

  private void create(NewTopic topic) {
    try {
      admin.createTopics(List.of(topic)).all().get();
      Log.infof("created the topic %s", topic.name());
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw KafkaFailure.of("cannot create the topic " + topic.name(), e.getCause());
      }
    } catch (InterruptedException e) {
      throw KafkaFailure.interrupted();
    }
  }

  static <T> T await(org.apache.kafka.common.KafkaFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw KafkaFailure.of("Kafka does not answer", e.getCause());
    } catch (InterruptedException e) {
      throw KafkaFailure.interrupted();
    }
  }

  @Override
  public void close() {
    admin.close(java.time.Duration.ofSeconds(2));
  }
}
