package io.headrace.images;

import static io.headrace.images.Podman.attempt;
import static io.headrace.images.Podman.podman;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.localstack.KafkaOptions;
import io.headrace.localstack.KafkaServer;
import io.headrace.localstack.Ports;
import io.headrace.localstack.PostgresOptions;
import io.headrace.localstack.PostgresServer;
import io.headrace.systemtests.Replay;
import io.headrace.systemtests.olist.OlistGenerator;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * The pods that Helm renders, run by {@code podman play kube} with real servers, and orders that
 * are replayed through them: {@code make chart-test}. Of a cluster this has the pods alone: no
 * Services and no NetworkPolicies, because they are all on the network of this machine, and no
 * kubelet that probes them, which the test does in its place.
 */
@Tag("pod-test")
@TestMethodOrder(OrderAnnotation.class)
class PodsTest {

  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();

  /** The roles' passwords are their names. */
  private static final Map<String, String> PASSWORDS =
      Map.of(
          "pg-owner", "headrace_owner",
          "pg-command", "headrace_command",
          "pg-relay", "headrace_relay",
          "pg-projection", "headrace_projection",
          "pg-query", "headrace_query");

  private static final Map<String, Integer> PORTS = new LinkedHashMap<>();
  private static final List<String> STARTED = new ArrayList<>();

  @TempDir static Path folder;

  private static PostgresServer postgres;
  private static KafkaServer kafka;
  private static RenderedPods rendered;

  @BeforeAll
  static void render() throws IOException {
    postgres = PostgresServer.start(PostgresOptions.throwaway());
    kafka = KafkaServer.start(KafkaOptions.throwaway());
    Checkout.SERVICES.forEach(service -> PORTS.put(service, Ports.free()));
    rendered = RenderedPods.of(values(), PASSWORDS, folder);
  }

  @AfterAll
  static void stop() {
    STARTED.reversed().forEach(pod -> attempt("pod", "rm", "--force", pod));
    rendered.volumes().forEach(volume -> attempt("volume", "rm", "--force", volume));
    kafka.close();
    postgres.close();
  }

  private static String values() {
    return """
        image: {tag: %s, pullPolicy: Never}
        commandService: {env: {QUARKUS_HTTP_PORT: %d}}
        queryService: {env: {QUARKUS_HTTP_PORT: %d}}
        outboxRelay: {env: {QUARKUS_HTTP_PORT: %d}}
        projectionWorker: {commandUrl: "http://127.0.0.1:%2$d", env: {QUARKUS_HTTP_PORT: %d}}
        postgresql:
          commands: {host: 127.0.0.1, port: %d, owner: {secret: pg-owner}, writer: {secret: pg-command}, relay: {secret: pg-relay}}
          views: {host: 127.0.0.1, port: %6$d, owner: {secret: pg-owner}, writer: {secret: pg-projection}, reader: {secret: pg-query}}
        kafka:
          bootstrapServers: %s
          topics: {replicationFactor: 1, minInsyncReplicas: 1}
        logging: {json: false}
        checkSecrets: false
        """
        .formatted(
            Checkout.jvm("command-service").tag(),
            PORTS.get("command-service"),
            PORTS.get("query-service"),
            PORTS.get("outbox-relay"),
            PORTS.get("projection-worker"),
            postgres.port(),
            kafka.bootstrapServers());
  }

  @Test
  @Order(1)
  void the_migrations_run_first_and_end() throws IOException {
    assertThat(rendered.jobs()).hasSize(2);
    for (RenderedPods.Pod job : rendered.jobs()) {
      String pod = play(job);
      String container = pod + "-migrate";

      assertThat(podman("wait", container))
          .as(() -> attempt("logs", "--tail", "40", container).output())
          .isEqualTo("0");
    }
  }

  @Test
  @Order(2)
  void the_services_get_ready_as_the_chart_describes_them() throws IOException {
    assertThat(rendered.deployments()).hasSize(4);
    for (RenderedPods.Pod deployment : rendered.deployments()) {
      String pod = play(deployment);
      JsonNode container = deployment.spec().at("/containers/0");
      String name = pod + "-" + container.get("name").asText();

      assertThat(inspect(name, "Config.User")).isEqualTo("65532:65532");
      assertThat(inspect(name, "HostConfig.ReadonlyRootfs")).isEqualTo("true");
      assertThat(inspect(name, "EffectiveCaps")).isIn("[]", "<no value>");
      assertThat(inspect(name, "HostConfig.SecurityOpt")).contains("no-new-privileges");
      long mebibytes = Long.parseLong(inspect(name, "HostConfig.Memory")) / 1024 / 1024;
      assertThat(mebibytes + "Mi").isEqualTo(container.at("/resources/limits/memory").asText());
    }
    PORTS.forEach(
        (service, port) ->
            await("readiness of " + service)
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(500))
                .untilAsserted(
                    () ->
                        assertThat(status("http://127.0.0.1:%d/q/health/ready".formatted(port)))
                            .as(() -> log(service))
                            .isEqualTo(200)));
  }

  @Test
  @Order(3)
  void orders_are_replayed_through_the_pods_and_every_view_is_as_the_files_say() {
    String data = System.getProperty("headrace.replay.data", "");
    if (data.isEmpty()) {
      Path orders = folder.resolve("orders");
      OlistGenerator.generate(orders, 500, 7, _ -> {});
      data = orders.toString();
    }

    int status =
        new CommandLine(new Replay())
            .execute(
                data,
                "--command-url=http://127.0.0.1:" + PORTS.get("command-service"),
                "--query-url=http://127.0.0.1:" + PORTS.get("query-service"),
                "--concurrency=32");

    assertThat(status).isZero();
    for (String pod : STARTED) {
      for (String container : containers(pod)) {
        assertThat(inspect(container, "State.OOMKilled")).as(container).isEqualTo("false");
        assertThat(inspect(container, "RestartCount")).as(container).isEqualTo("0");
      }
    }
  }

  private static String play(RenderedPods.Pod pod) throws IOException {
    attempt("pod", "rm", "--force", pod.name());
    STARTED.add(pod.name());
    podman("play", "kube", "--network", "host", pod.write(folder).toString());
    return pod.name();
  }

  private static List<String> containers(String pod) {
    return podman("ps", "--all", "--filter", "pod=" + pod, "--format", "{{.Names}}")
        .lines()
        .filter(name -> !name.endsWith("-infra"))
        .toList();
  }

  private static String inspect(String container, String field) {
    return podman("inspect", "--format", "{{." + field + "}}", container);
  }

  private static String log(String service) {
    return STARTED.stream()
        .flatMap(pod -> containers(pod).stream())
        .filter(name -> name.endsWith(service))
        .map(name -> attempt("logs", "--tail", "40", name).output())
        .reduce("", String::concat);
  }

  private static int status(String url) {
    try {
      return HTTP.send(
              HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(10)).build(),
              BodyHandlers.discarding())
          .statusCode();
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
