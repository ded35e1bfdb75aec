package io.headrace.relay.platform.kafka;

import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;

final class KafkaFailure {

  private KafkaFailure() {}

  static KafkaException of(String what, Throwable cause) {
    return new KafkaException(what + ": " + cause.getMessage(), cause);
  }

  static InterruptException interrupted() {
    return new InterruptException("interrupted while waiting for Kafka");
  }
}
