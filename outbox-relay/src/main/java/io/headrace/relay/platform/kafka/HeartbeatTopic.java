package io.headrace.relay.platform.kafka;

import io.headrace.events.platform.Heartbeat;
import io.headrace.events.platform.Topics;
import io.quarkus.logging.Log;
import java.time.Duration;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;

/**
 * Where the relay says up to when it has published the log. The key is the slot's name.
 *
 * <p>By a producer of its own, outside of the transactions of the events, so that none of them ever
 * waits for it. That is no harm: what a heartbeat says is true when it is made, and stays true,
 * whoever has taken over meanwhile. One that is lost is followed by the next.
 */
final class HeartbeatTopic implements AutoCloseable {

  private final KafkaProducer<byte[], byte[]> producer;
  private final SlotTopic topic;

  HeartbeatTopic(KafkaProducer<byte[], byte[]> producer, String slot) {
    this.producer = producer;
    this.topic = new SlotTopic(Topics.HEARTBEAT, slot);
  }

  /** Does not wait. */
  void send(Heartbeat heartbeat) {
    try {
      producer.send(
          topic.record(heartbeat.toJson()),
          (_, failure) -> {
            if (failure != null) {
              Log.debugf("a heartbeat is lost: %s", failure.getMessage());
            }
          });
    } catch (KafkaException e) {
      Log.debugf("a heartbeat is lost: %s", e.getMessage());
    }
  }

  @Override
  public void close() {
    producer.close(Duration.ZERO);
  }
}
