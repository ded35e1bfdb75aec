package io.headrace.command.platform.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.localstack.PostgresOptions;
import io.headrace.localstack.PostgresServer;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL goes on from an earlier state, as a standby that was behind or a restored backup. */
class FailoverIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final String SHIPMENT = "/shipping/shipments/one";

  @TempDir Path folder;

  @Test
  void what_a_failover_has_lost_is_not_remembered() throws Exception {
    Path primary = folder.resolve("primary");
    Path standby = folder.resolve("standby");
    PostgresServer first = PostgresServer.start(PostgresOptions.in(primary));
    PostgresOptions second =
        PostgresOptions.in(standby)
            .withPort(first.port())
            .withSettings(Map.of("restore_command", "false", "hot_standby", "off"));
    Map<String, String> configuration =
        Map.of(
            "headrace.database.host",
            first.host(),
            "headrace.database.port",
            Integer.toString(first.port()),
            "headrace.process.enabled",
            "false",
            "headrace.log.json",
            "false");
    try (Replica remembers = Replica.start(configuration).awaitReady();
        Replica other = Replica.start(configuration).awaitReady()) {
      send(remembers, "request-shipment", "{\"orderId\":\"one\"}");
      send(remembers, "dispatch-shipment", "{}");
      first.stop();
      copy(primary, standby);
      Files.createFile(standby.resolve("recovery.signal"));
      first.start();
      remembers.awaitReady();
      assertThat(send(remembers, "deliver-shipment", "{}")).isEqualTo(3);
      first.stop();

      try (PostgresServer promoted = PostgresServer.start(second)) {
        assertThat(promoted.isAlive()).isTrue();
        other.awaitReady();
        assertThat(send(other, "fail-shipment", "{\"reason\":\"nobody at home\"}"))
            .as("the version of what was lost")
            .isEqualTo(3);
        remembers.awaitReady();
        assertThat(status(remembers)).isEqualTo("failed");
        assertThat(send(remembers, "dispatch-shipment", "{}")).isEqualTo(4);
        assertThat(status(remembers)).isEqualTo("dispatched");
      }
    } finally {
      first.close();
    }
  }

  /** The version after the command. */
  private static long send(Replica replica, String command, String body) {
    return await()
        .atMost(PATIENCE)
        .until(
            () -> {
              HttpResponse<String> answer =
                  replica.send(
                      replica
                          .request(SHIPMENT + "/" + command)
                          .header("Content-Type", "application/json")
                          .POST(BodyPublishers.ofString(body))
                          .build());
              assertThat(answer.statusCode()).as(answer.body()).isIn(200, 201, 503);
              return new ObjectMapper().readTree(answer.body()).path("streamVersion").asLong();
            },
            version -> version > 0);
  }

  private static String status(Replica replica) throws IOException, InterruptedException {
    return new ObjectMapper()
        .readTree(replica.send(replica.request(SHIPMENT).build()).body())
        .path("state")
        .path("status")
        .asText();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectory(
              target,
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
          Files.copy(file, target);
        }
      }
    }
  }
}
