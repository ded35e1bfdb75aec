package io.headrace.projection.platform.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.jspecify.annotations.Nullable;

/** Where topics end, for a reader of committed records. */
final class TopicEnds implements AutoCloseable {

  private final Map<String, Object> kafka;
  private @Nullable Admin admin;

  TopicEnds(Map<String, Object> kafka) {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.keySet().retainAll(AdminClientConfig.configNames());
    this.kafka = settings;
  }

  private synchronized Admin admin() {
    if (admin == null) {
      admin = Admin.create(kafka);
    }
    return admin;
  }

  /**
   * Of all partitions of those topics that exist.
   *
   * @throws KafkaException if Kafka does not answer in time
   */
  Map<TopicPartition, Long> of(Set<String> topics, Duration timeout) {
    return await(
        timeout,
        () -> {
          Set<String> existing = get(admin().listTopics().names(), timeout);
          List<String> ours = topics.stream().filter(existing::contains).toList();
          List<TopicPartition> partitions = new ArrayList<>();
          for (TopicDescription topic :
              get(admin().describeTopics(ours).allTopicNames(), timeout).values()) {
            for (TopicPartitionInfo each : topic.partitions()) {
              partitions.add(new TopicPartition(topic.name(), each.partition()));
            }
          }
          return ends(partitions, timeout);
        });
  }

  /** As {@link #of(Set, Duration)}. */
  Map<TopicPartition, Long> of(Collection<TopicPartition> partitions, Duration timeout) {
    return await(timeout, () -> ends(partitions, timeout));
  }

  private Map<TopicPartition, Long> ends(Collection<TopicPartition> partitions, Duration timeout)
      throws ExecutionException, InterruptedException, TimeoutException {
    Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
    partitions.forEach(each -> wanted.put(each, OffsetSpec.latest()));
    Map<TopicPartition, Long> ends = new HashMap<>();
    Map<TopicPartition, ListOffsetsResultInfo> found =
        get(
            admin()
                .listOffsets(wanted, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                .all(),
            timeout);
    found.forEach((partition, info) -> ends.put(partition, info.offset()));
    return ends;
  }

  private static <T> T get(KafkaFuture<T> future, Duration timeout)
      throws ExecutionException, InterruptedException, TimeoutException {
    return future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  private interface Question<T> {
    T ask() throws ExecutionException, InterruptedException, TimeoutException;
  }

  private static <T> T await(Duration timeout, Question<T> question) {
    try {
      return question.ask();
    } catch (ExecutionException | TimeoutException e) {
      throw new KafkaException("Kafka did not say where its topics end within " + timeout, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException(e);
    }
  }

  @Override
  public synchronized void close() {
    if (admin != null) {
      admin.close(Duration.ofSeconds(1));
    }
  }
}
