package io.headrace.localstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StackTest {
  @TempDir Path directory;

  @Test
  void each_part_is_killed_and_started_by_its_name() throws IOException {
    Path root = FakeCheckout.in(directory);
    List<ProcessHandle> all = new ArrayList<>();
    try (Stack stack = Stack.start(StackOptions.of(root).withPorts(StackPorts.free()))) {
      RunningStack found = RunningStack.find(root).orElseThrow();
      assertThat(found.parts()).containsOnlyKeys(stack.partNames());
      assertThat(found.commandUrl()).isEqualTo(stack.commandUrl());
      assertThat(found.pid()).isEqualTo(ProcessHandle.current().pid());
      for (String name : List.of("kafka", "command", "worker", "postgres")) {
        ProcessHandle process = stack.process(name).orElseThrow();
        all.add(process);

        stack.kill(name);

        assertThat(Child.isRunning(process)).isFalse();
        assertThat(stack.isAlive(name)).isFalse();
        assertThat(RunningStack.find(root).orElseThrow().parts()).doesNotContainKey(name);
        assertThat(stack.dead()).isEmpty();
        stack.start(name);
        stack.awaitReady();
        assertThat(stack.process(name)).isPresent();
      }
      ProcessHandle query = stack.process("query").orElseThrow();
      query.destroyForcibly();
      await().untilAsserted(() -> assertThat(stack.dead()).containsExactly("query"));
      stack.start("query-service");
      stack.awaitReady("query");
      stack.partNames().forEach(name -> all.add(stack.process(name).orElseThrow()));

      assertThatThrownBy(() -> Stack.start(stack.options()))
          .isInstanceOf(LocalStackException.class)
          .hasMessageContaining("already runs");
    }
    assertThat(all).noneMatch(Child::isRunning);
    assertThat(RunningStack.find(root)).isEmpty();
  }

  @Test
  void a_taken_port_is_named_with_what_to_set_before_anything_starts() throws IOException {
    Path root = FakeCheckout.in(directory);
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      StackPorts free = StackPorts.free();
      StackPorts ports =
          new StackPorts(
              free.command(),
              other.getLocalPort(),
              free.relay(),
              free.worker(),
              free.postgres(),
              free.kafka(),
              free.kafkaController());
      StackOptions options = StackOptions.of(root).withPorts(ports);
      assertThatThrownBy(() -> Stack.start(options))
          .isInstanceOf(LocalStackException.class)
          .hasMessageContaining("Port %d (QUERY_PORT) is taken".formatted(other.getLocalPort()))
          .hasMessageContaining("make run QUERY_PORT=");
    }
    assertThat(root.resolve(".local/postgres")).doesNotExist();
  }

  @Test
  void a_service_that_is_not_built_is_named_before_anything_starts() throws IOException {
    Path root = FakeCheckout.in(directory);
    Files.delete(root.resolve("outbox-relay/target/quarkus-app/quarkus-run.jar"));
    StackOptions options = StackOptions.of(root).withPorts(StackPorts.free());

    assertThatThrownBy(() -> Stack.start(options))
        .isInstanceOf(LocalStackException.class)
        .hasMessageContaining("relay is not built")
        .hasMessageContaining("make build");
  }

  @Test
  void run_serves_its_commands_and_a_signal_ends_everything() throws Exception {
    Path root = FakeCheckout.in(directory);
    try (OtherJvm jvm = run(root)) {
      jvm.awaitLine("Headrace is ready");
      RunningStack found = RunningStack.find(root).orElseThrow();
      List<ProcessHandle> parts = handles(found);

      assertThat(command(root, "stop-part", "query-service")).isZero();
      assertThat(RunningStack.find(root).orElseThrow().parts())
          .hasSize(5)
          .doesNotContainKey("query");
      assertThat(command(root, "start", "query")).isZero();
      assertThat(RunningStack.find(root).orElseThrow().parts()).hasSize(6);
      assertThat(command(root, "start", "no-such-part")).isEqualTo(1);
      assertThat(command(root, "clean-data")).isEqualTo(1);
      assertThat(command(root, "status")).isZero();

      jvm.signal("INT");

      assertThat(jvm.awaitExit()).isZero();
      assertThat(parts).hasSize(6).noneMatch(Child::isRunning);
      assertThat(command(root, "clean-data")).isZero();
      assertThat(root.resolve(".local")).doesNotExist();
    }
  }

  @Test
  void a_run_that_still_starts_is_found_and_stopped() throws Exception {
    Path root = FakeCheckout.in(directory);
    try (OtherJvm jvm = run(root)) {
      jvm.awaitLine("Starting PostgreSQL and Kafka");

      assertThat(command(root, "clean-data")).isEqualTo(1);
      assertThat(command(root, "stop")).isZero();

      assertThat(jvm.awaitExit()).isZero();
      assertThat(RunningStack.find(root)).isEmpty();
      assertThat(command(root, "clean-data")).isZero();
    }
  }

  @Test
  void run_reports_a_part_that_dies_and_goes_on_and_stop_ends_it() throws Exception {
    Path root = FakeCheckout.in(directory);
    try (OtherJvm jvm = run(root)) {
      jvm.awaitLine("Headrace is ready");
      RunningStack found = RunningStack.find(root).orElseThrow();

      ProcessHandle.of(found.parts().get("relay")).orElseThrow().destroyForcibly();

      assertThat(jvm.awaitLine("has died")).startsWith("relay has died");
      assertThat(RunningStack.find(root).orElseThrow().parts()).hasSize(5);
      assertThat(command(root, "stop")).isZero();
      assertThat(jvm.awaitExit()).isEqualTo(1);
      assertThat(handles(found)).noneMatch(Child::isRunning);
    }
  }

  @Test
  void nothing_outlives_a_run_that_is_killed() throws Exception {
    Path root = FakeCheckout.in(directory);
    try (OtherJvm jvm = run(root)) {
      jvm.awaitLine("Headrace is ready");
      List<ProcessHandle> parts = handles(RunningStack.find(root).orElseThrow());

      jvm.process().destroyForcibly().waitFor();

      assertThat(parts).hasSize(6);
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> parts.stream().noneMatch(Child::isRunning));
      assertThat(RunningStack.find(root)).isEmpty();
      // It left its state file behind.
      try (OtherJvm stop = OtherJvm.start(LocalStack.class, "stop", "--root", root.toString())) {
        stop.awaitLine("No stack runs from this checkout: ");
        assertThat(stop.awaitExit()).isZero();
      }
    }
  }

  private static OtherJvm run(Path root) throws IOException {
    Map<String, String> environment = new java.util.HashMap<>();
    StackPorts.free()
        .byVariable()
        .forEach((name, port) -> environment.put(name, String.valueOf(port)));
    return OtherJvm.start(
        command -> command, environment, LocalStack.class, "run", "--root", root.toString());
  }

  private static int command(Path root, String... words) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(words));
    arguments.addAll(List.of("--root", root.toString()));
    try (OtherJvm jvm = OtherJvm.start(LocalStack.class, arguments.toArray(String[]::new))) {
      return jvm.awaitExit();
    }
  }

  private static List<ProcessHandle> handles(RunningStack stack) {
    return stack.parts().values().stream().flatMap(pid -> ProcessHandle.of(pid).stream()).toList();
  }
}
