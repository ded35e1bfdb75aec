package io.headrace.command.platform.process;

import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.ClientCustomizer;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import org.eclipse.microprofile.config.Config;

/** The connector takes what looks like a number for a number, and so the password 0123 for 123. */
@ApplicationScoped
class KafkaPasswords implements ClientCustomizer<Map<String, Object>> {

  private final Map<String, Object> kafka;

  KafkaPasswords(@Identifier("default-kafka-broker") Map<String, Object> kafka) {
    this.kafka = kafka;
  }

  @Override
  public Map<String, Object> customize(String channel, Config config, Map<String, Object> client) {
    kafka.forEach(
        (key, value) -> {
          if (key.endsWith(".password")) {
            client.put(key, value);
          }
        });
    return client;
  }
}
