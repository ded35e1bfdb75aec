package io.headrace.localstack;

import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * The main class of the broker's own JVM: formats an empty directory, then serves until it is told
 * to stop.
 */
final class KafkaBroker {
  private KafkaBroker() {}

  public static void main(String[] arguments) throws Exception {
    Properties settings = new Properties();
    try (Reader file = Files.newBufferedReader(Path.of(arguments[0]))) {
      settings.load(file);
    }
    String data = settings.getProperty("log.dirs");
    if (!Files.exists(Path.of(data, "meta.properties"))) {
      new Formatter()
          .setNodeId(Integer.parseInt(settings.getProperty("node.id")))
          .setClusterId(Uuid.randomUuid().toString())
          .addDirectory(data)
          .setMetadataLogDirectory(data)
          .setControllerListenerName(settings.getProperty("controller.listener.names"))
          .setPrintStream(
              new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
          .setIgnoreFormatted(true)
          .run();
    }
    KafkaRaftServer server = new KafkaRaftServer(KafkaConfig.fromProps(settings), Time.SYSTEM);
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown, "stop"));
    server.startup();
    // Asked as any client would: the port opens before the broker has a leader for its metadata.
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", address(settings)))) {
      admin.describeCluster().nodes().get();
    }
    Files.writeString(Path.of(arguments[1]), "");
    server.awaitShutdown();
  }

  private static String address(Properties settings) {
    return settings.getProperty("advertised.listeners").replace("PLAINTEXT://", "");
  }
}
