package io.headrace.localstack;

import java.util.LinkedHashMap;
import java.util.Map;

/** The TCP ports of a stack. */
public record StackPorts(
    int command, int query, int relay, int worker, int postgres, int kafka, int kafkaController) {

  /** The ports that the services assume without configuration. */
  public static StackPorts standard() {
    return new StackPorts(8080, 8081, 8082, 8083, 15432, 19092, 19093);
  }

  /** Free ports, all different. */
  public static StackPorts free() {
    int[] ports = java.util.stream.IntStream.generate(Ports::free).distinct().limit(7).toArray();
    return new StackPorts(ports[0], ports[1], ports[2], ports[3], ports[4], ports[5], ports[6]);
  }

  /** Each port by the variable that sets it. */
  Map<String, Integer> byVariable() {
    Map<String, Integer> ports = new LinkedHashMap<>();
    ports.put("COMMAND_PORT", command);
    ports.put("QUERY_PORT", query);
    ports.put("RELAY_PORT", relay);
    ports.put("WORKER_PORT", worker);
    ports.put("POSTGRES_PORT", postgres);
    ports.put("KAFKA_PORT", kafka);
    ports.put("KAFKA_CONTROLLER_PORT", kafkaController);
    return ports;
  }
}
