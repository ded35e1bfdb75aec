package io.headrace.localstack;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the services are called, and what each of them is told by its environment. */
final class Services {
  static final String COMMAND = "command";
  static final String QUERY = "query";
  static final String RELAY = "relay";
  static final String WORKER = "worker";

  /** In the order of the way of data. */
  static final List<String> NAMES = List.of(COMMAND, QUERY, RELAY, WORKER);

  private static final Map<String, String> MODULES =
      Map.of(
          COMMAND, "command-service",
          QUERY, "query-service",
          RELAY, "outbox-relay",
          WORKER, "projection-worker");

  private Services() {}

  static String module(String name) {
    String module = MODULES.get(name);
    if (module == null) {
      throw new LocalStackException(
          "There is no service \"%s\"; there are %s.".formatted(name, String.join(", ", NAMES)));
    }
    return module;
  }

  /** The part by its name, or by the name of its module. */
  static String name(String nameOrModule) {
    return MODULES.entrySet().stream()
        .filter(entry -> entry.getValue().equals(nameOrModule))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse(nameOrModule);
  }

  static int port(String name, StackPorts ports) {
    return switch (name) {
      case COMMAND -> ports.command();
      case QUERY -> ports.query();
      case RELAY -> ports.relay();
      case WORKER -> ports.worker();
      default -> throw new IllegalArgumentException(name);
    };
  }

  static Map<String, String> environment(String name, StackPorts ports, String address) {
    String postgres = String.valueOf(ports.postgres());
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("QUARKUS_HTTP_HOST", address);
    environment.put("QUARKUS_HTTP_PORT", String.valueOf(port(name, ports)));
    environment.put("HEADRACE_DATABASE_HOST", "127.0.0.1");
    environment.put("HEADRACE_DATABASE_PORT", postgres);
    environment.put("HEADRACE_DATABASE_NAME", HeadraceDatabases.COMMANDS);
    environment.put("HEADRACE_VIEWS_HOST", "127.0.0.1");
    environment.put("HEADRACE_VIEWS_PORT", postgres);
    environment.put("HEADRACE_VIEWS_NAME", HeadraceDatabases.VIEWS);
    environment.put("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:" + ports.kafka());
    environment.put("HEADRACE_LOG_JSON", "false"); // People read these logs.
    environment.put("HEADRACE_COMMAND_URL", "http://127.0.0.1:" + ports.command());
    return environment;
  }
}
