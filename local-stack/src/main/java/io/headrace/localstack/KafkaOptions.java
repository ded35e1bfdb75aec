package io.headrace.localstack;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * How to run Kafka.
 *
 * @param data the data directory; created at first start, kept unless {@code temporary}
 * @param log the file that the broker's log is appended to
 * @param port of the clients, on loopback; 0 takes a free one
 * @param controllerPort of the controller, on loopback; 0 takes a free one
 * @param temporary whether closing the server deletes the data directory
 * @param jvm options of its JVM
 * @param settings further settings of the broker, which win over those of the stack
 */
public record KafkaOptions(
    Path data,
    Path log,
    int port,
    int controllerPort,
    boolean temporary,
    List<String> jvm,
    Map<String, String> settings) {
  private static final List<String> SMALL = List.of("-Xms128m", "-Xmx256m", "-XX:+UseSerialGC");
  // The first compiler only: a broker of tests is gone before the second has paid for itself.
  private static final List<String> SHORT_LIVED =
      List.of("-Xms128m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  public KafkaOptions {
    data = data.toAbsolutePath().normalize();
    log = log.toAbsolutePath().normalize();
    jvm = List.copyOf(jvm);
    settings = Map.copyOf(settings);
  }

  /** A small broker on free ports. */
  public static KafkaOptions in(Path data) {
    return new KafkaOptions(
        data, data.resolveSibling(data.getFileName() + ".log"), 0, 0, false, SMALL, Map.of());
  }

  /** A small broker on free ports, in a directory that goes with the server. */
  public static KafkaOptions throwaway() {
    Path scratch = Directories.scratch("kafka");
    return new KafkaOptions(
        scratch.resolve("data"), scratch.resolve("kafka.log"), 0, 0, true, SHORT_LIVED, Map.of());
  }

  /** The same on these ports. */
  public KafkaOptions withPorts(int clients, int controller) {
    return new KafkaOptions(data, log, clients, controller, temporary, jvm, settings);
  }

  /** The same with these options of its JVM. */
  public KafkaOptions withJvm(List<String> arguments) {
    return new KafkaOptions(data, log, port, controllerPort, temporary, arguments, settings);
  }

  /** The same with these further settings. */
  public KafkaOptions withSettings(Map<String, String> further) {
    return new KafkaOptions(data, log, port, controllerPort, temporary, jvm, further);
  }

  /** The same with the broker's log in this file. */
  public KafkaOptions withLog(Path file) {
    return new KafkaOptions(data, file, port, controllerPort, temporary, jvm, settings);
  }
}
