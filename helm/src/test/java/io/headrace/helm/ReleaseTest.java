package io.headrace.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.headrace.helm.stub.ResourceType;
import io.headrace.helm.stub.StubCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The life of a release with the real Helm 4, against a server that has no nodes: {@code make
 * chart-test}.
 */
@Tag("chart-test")
class ReleaseTest {

  private static final Path HELM =
      Path.of(System.getProperty("headrace.helm4", "target/helm4/helm/helm")).toAbsolutePath();
  private static final String COMMANDS = "hr-headrace-command-service";

  @TempDir Path home;

  private StubCluster cluster;

  private record Ended(int code, String output) {}

  @BeforeEach
  void start() throws IOException {
    assertThat(HELM).as("make chart-test fetches it").isExecutable();
    cluster = new StubCluster(ResourceType.KUBERNETES);
  }

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void a_release_is_installed_tested_upgraded_rolled_back_and_uninstalled() throws Exception {
    secrets();
    assertThat(succeeds("install", "hr", chart(), "--wait", "--timeout", "2m"))
        .as("the notes say what to do next")
        .contains("helm test hr -n shop", "Nothing is reachable from outside yet");
    assertThat(cluster.resources())
        .contains(
            "ConfigMap/" + COMMANDS,
            "Deployment/" + COMMANDS,
            "Deployment/hr-headrace-outbox-relay",
            "Deployment/hr-headrace-projection-worker",
            "Deployment/hr-headrace-query-service",
            "HorizontalPodAutoscaler/" + COMMANDS,
            "NetworkPolicy/hr-headrace-default-deny",
            "PodDisruptionBudget/" + COMMANDS,
            "Service/" + COMMANDS,
            "ServiceAccount/" + COMMANDS);
    migrationsCameFirst(cluster.takeWrites());

    succeeds("test", "hr", "--timeout", "1m");
    assertThat(cluster.takeWrites()).contains("ADDED Pod/hr-headrace-test");

    succeeds("upgrade", "hr", chart(), "--set", "image.tag=2.0.0", "--wait", "--timeout", "2m");
    assertThat(image(COMMANDS)).isEqualTo("headrace/command-service:2.0.0");
    migrationsCameFirst(cluster.takeWrites());

    succeeds("rollback", "hr", "1", "--wait", "--timeout", "2m");
    assertThat(image(COMMANDS)).isEqualTo("headrace/command-service:0.1.0");
    assertThat(cluster.takeWrites())
        .as("a schema that has grown suits the former version too")
        .noneMatch(each -> each.startsWith("ADDED Job/"));

    succeeds("uninstall", "hr", "--wait", "--timeout", "2m");
    assertThat(cluster.resources())
        .filteredOn(each -> !each.startsWith("Secret/"))
        .as("the pod of the last test is kept to be read")
        .containsOnly("Pod/hr-headrace-test");
  }

  @Test
  void an_upgrade_that_does_not_get_ready_is_rolled_back_by_itself() throws Exception {
    secrets();
    succeeds("install", "hr", chart(), "--wait", "--timeout", "2m");

    Ended upgrade =
        helm(
            "upgrade",
            "hr",
            chart(),
            "--set",
            "queryService.image.tag=broken",
            "--rollback-on-failure",
            "--timeout",
            "10s");

    assertThat(upgrade.code).as(upgrade.output).isNotZero();
    assertThat(upgrade.output).contains("hr-headrace-query-service");
    assertThat(image("hr-headrace-query-service")).isEqualTo("headrace/query-service:0.1.0");
    assertThat(succeeds("history", "hr")).contains("Rollback to 1");
  }

  @Test
  void a_migration_that_fails_leaves_the_services_as_they_were() throws Exception {
    secrets();
    succeeds("install", "hr", chart(), "--wait", "--timeout", "2m");
    cluster.takeWrites();

    Ended upgrade =
        helm(
            "upgrade",
            "hr",
            chart(),
            "--set",
            "commandService.image.tag=broken",
            "--rollback-on-failure",
            "--timeout",
            "30s");

    assertThat(upgrade.code).as(upgrade.output).isNotZero();
    assertThat(upgrade.output)
        .as("Helm shows what the Job said")
        .contains("hr-headrace-migrate-commands", StubCluster.LOG.strip());
    assertThat(image(COMMANDS)).isEqualTo("headrace/command-service:0.1.0");
    assertThat(cluster.get("Job", "hr-headrace-migrate-commands").toString())
        .as("what failed is kept to be read")
        .contains(":broken");
  }

  @Test
  void a_secret_that_is_missing_is_named_before_anything_is_installed() throws Exception {
    secrets();
    Ended without =
        helm("install", "hr", chart(), "--set", "postgresql.commands.relay.secret=forgotten");
    Ended key = helm("install", "hr", chart(), "--set", "postgresql.commands.relay.key=forgotten");

    assertThat(without.code).isNotZero();
    assertThat(without.output)
        .contains(
            "The Secret 'forgotten' that 'postgresql.commands.relay' names is not in the namespace 'shop'.");
    assertThat(key.output)
        .contains(
            "The Secret 'pg-relay' that 'postgresql.commands.relay' names has no key 'forgotten'.");
    assertThat(cluster.takeWrites()).isEmpty();
  }

  @Test
  void an_operator_that_is_missing_is_named_before_anything_is_installed() throws Exception {
    Ended install = helm("install", "hr", chart(), "--values", dev());

    assertThat(install.code).isNotZero();
    assertThat(install.output).contains("needs CloudNativePG");
    assertThat(cluster.takeWrites()).isEmpty();
  }

  @Test
  void databases_of_the_release_keep_their_passwords_and_outlive_it() throws Exception {
    cluster.close();
    cluster =
        new StubCluster(
            Stream.concat(ResourceType.KUBERNETES.stream(), ResourceType.OPERATORS.stream())
                .toList());
    String chart = Chart.ROOT.toString();
    String values = Chart.values("operators").toString();
    cluster.secret("own", "password", "not so secret");
    assertThat(
            helm(
                    "install",
                    "hr",
                    chart,
                    "--values",
                    values,
                    "--set",
                    "postgresql.commands.writer.secret=own")
                .output)
        .contains(
            "The Secret 'own' that 'postgresql.commands.writer' names has no key 'username'.");
    succeeds("install", "hr", chart, "--values", values, "--wait", "--timeout", "2m");
    String secret = "hr-headrace-commands-writer";
    String password = password(secret);
    assertThat(cluster.resources())
        .anyMatch(each -> each.startsWith("Job/hr-headrace-migrate-commands-"));
    cluster.takeWrites();

    succeeds("upgrade", "hr", chart, "--values", values, "--wait", "--timeout", "2m");
    assertThat(password(secret)).isEqualTo(password);
    assertThat(cluster.takeWrites()).contains("ADDED Job/hr-headrace-migrate-commands");

    succeeds("uninstall", "hr", "--wait", "--timeout", "2m");
    assertThat(cluster.resources())
        .contains(
            "Cluster/hr-headrace-commands",
            "Cluster/hr-headrace-views",
            "Kafka/hr-headrace-kafka",
            "KafkaTopic/hr-headrace-kafka-ordering-events",
            "Secret/" + secret)
        .noneMatch(each -> each.startsWith("Deployment/"));
  }

  @Test
  void the_notes_of_a_release_of_queries_are_about_queries() throws Exception {
    cluster.secret("pg-query", "password", "not so secret");
    cluster.secret("consistency-tokens", "keys", "not so secret");

    assertThat(
            succeeds("install", "hr", chart(), "--values", Chart.values("queries-only").toString()))
        .contains("svc/hr-headrace-query-service 8081:8080")
        .doesNotContain("command-service", "replication slot", "helm test");
  }

  private void secrets() {
    for (String role : List.of("owner", "command", "relay", "projection", "query")) {
      cluster.secret("pg-" + role, "password", "not so secret");
    }
  }

  private static void migrationsCameFirst(List<String> writes) {
    int lastJob = -1;
    int firstDeployment = writes.size();
    for (int i = 0; i < writes.size(); i++) {
      if (writes.get(i).startsWith("ADDED Job/")) {
        lastJob = i;
      } else if (writes.get(i).contains(" Deployment/")) {
        firstDeployment = Math.min(firstDeployment, i);
      }
    }
    assertThat(lastJob).as(String.join("\n", writes)).isNotNegative().isLessThan(firstDeployment);
  }

  private String image(String deployment) {
    JsonObject resource = cluster.get("Deployment", deployment);
    return Chart.at(resource, "spec/template/spec/containers/0/image").getAsString();
  }

  private String password(String secret) {
    return Chart.at(cluster.get("Secret", secret), "data/password").getAsString();
  }

  private static String chart() {
    return Chart.ROOT.toString();
  }

  private static String dev() {
    return Chart.values("dev").toString();
  }

  private String succeeds(String... arguments) throws Exception {
    Ended ended = helm(arguments);
    assertThat(ended.code).as(ended.output).isZero();
    return ended.output;
  }

  private Ended helm(String... arguments) throws Exception {
    Path kubeconfig = Files.writeString(home.resolve("kubeconfig"), cluster.kubeconfig());
    List<String> command = new ArrayList<>(List.of(HELM.toString()));
    command.addAll(List.of(arguments));
    if ((arguments[0].equals("install") || arguments[0].equals("upgrade"))
        && !List.of(arguments).contains("--values")) {
      command.addAll(List.of("--values", Chart.values("existing").toString()));
    }
    command.addAll(List.of("--namespace", "shop", "--kubeconfig", kubeconfig.toString()));
    Path output = home.resolve("output");
    var process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    process
        .environment()
        .putAll(
            Map.of(
                "HELM_CACHE_HOME", home.resolve("cache").toString(),
                "HELM_CONFIG_HOME", home.resolve("config").toString(),
                "HELM_DATA_HOME", home.resolve("data").toString()));
    Process helm = process.start();
    assertThat(helm.waitFor(5, TimeUnit.MINUTES)).isTrue();
    return new Ended(helm.exitValue(), Files.readString(output));
  }
}
