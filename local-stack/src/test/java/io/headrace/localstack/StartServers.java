package io.headrace.localstack;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** Starts servers in a JVM that a test ends in its own way. */
final class StartServers {
  private StartServers() {}

  public static void main(String[] arguments) throws InterruptedException {
    Path directory = Path.of(arguments[0]);
    PostgresServer postgres =
        PostgresServer.start(PostgresOptions.in(directory.resolve("postgres")).withFsync(false));
    String kafka = "";
    if (arguments.length > 1) {
      kafka =
          " pid=" + KafkaServer.start(KafkaOptions.in(directory.resolve("kafka"))).process().pid();
    }
    System.out.println(
        "started root=" + PostgresUser.isRoot() + " pid=" + postgres.process().pid() + kafka);
    new CountDownLatch(1).await();
  }
}
