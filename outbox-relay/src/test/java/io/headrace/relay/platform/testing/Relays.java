package io.headrace.relay.platform.testing;

import io.headrace.localstack.testing.LocalStackResource;
import java.util.HashMap;
import java.util.Map;

/** Starts relays over an event log and the tests' Kafka. */
public final class Relays {

  private Relays() {}

  public static RelayProcess start(EventLog log) {
    return start(log, Map.of());
  }

  public static RelayProcess start(EventLog log, Map<String, String> further) {
    return RelayProcess.start(configuration(log, further));
  }

  public static Map<String, String> configuration(EventLog log, Map<String, String> further) {
    Map<String, String> configuration = new HashMap<>();
    configuration.put("headrace.database.host", LocalStackResource.postgres().host());
    configuration.put(
        "headrace.database.port", Integer.toString(LocalStackResource.postgres().port()));
    configuration.put("headrace.database.name", log.name());
    configuration.put("headrace.relay.slot", log.name());
    configuration.put("kafka.bootstrap.servers", LocalStackResource.kafka().bootstrapServers());
    configuration.put("headrace.relay.check-interval", "1s");
    configuration.put("headrace.relay.backoff-max", "1s");
    configuration.put("headrace.log.json", "false");
    configuration.putAll(further);
    return configuration;
  }
}
