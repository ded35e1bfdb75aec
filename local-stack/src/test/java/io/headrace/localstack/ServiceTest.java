package io.headrace.localstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceTest {
  @TempDir Path directory;

  private Build build(Flavour flavour) {
    return new Build("query", flavour, directory.resolve("query-service/target"));
  }

  private Service service(Build build, int port) {
    return new Service(
        "query",
        build,
        directory.resolve("copy"),
        List.of("-Xmx64m", "-XX:+UseSerialGC"),
        Map.of("QUARKUS_HTTP_PORT", String.valueOf(port)),
        port,
        directory.resolve("query.log"));
  }

  @Test
  void a_native_service_is_the_executable_itself_with_only_the_size_of_its_heap()
      throws IOException {
    FakeCheckout.in(directory);
    Path runner = FakeCheckout.runner(directory, "query-service");
    Service service = service(build(Flavour.NATIVE), Ports.free());
    try {
      service.start();
      service.awaitReady(Duration.ofSeconds(60));

      assertThat(directory.resolve("copy/query")).isExecutable().hasSameBinaryContentAs(runner);
      assertThat(Files.readString(directory.resolve("query.log")))
          .startsWith("started as %s -Xmx64m\n".formatted(directory.resolve("copy/query")));
    } finally {
      service.stop();
    }
    assertThat(service.process()).isNull();
  }

  @Test
  void what_to_do_about_data_of_other_migrations_is_said() throws IOException {
    FakeCheckout.in(directory);
    Files.writeString(
        FakeCheckout.runner(directory, "query-service"),
        """
        #!/bin/sh
        echo 'org.flywaydb.core.api.exception.FlywayValidateException: Validate failed: …'
        exit 1
        """);
    Service service = service(build(Flavour.NATIVE), Ports.free());
    service.start();
    assertThatThrownBy(() -> service.awaitReady(Duration.ofSeconds(60)))
        .isInstanceOf(LocalStackException.class)
        .hasMessageContaining("ended before it was ready")
        .hasMessageContaining("\"make clean-data\" deletes it");
  }

  @Test
  void what_is_missing_is_named_with_the_command_that_makes_it() throws IOException {
    assertThatThrownBy(build(Flavour.NATIVE)::require)
        .isInstanceOf(LocalStackException.class)
        .hasMessageContaining("no native binary of query")
        .hasMessageContaining("\"make native\" builds it");
    assertThatThrownBy(build(Flavour.JVM)::require)
        .isInstanceOf(LocalStackException.class)
        .hasMessageContaining("query is not built")
        .hasMessageContaining("\"make build\" builds it");

    FakeCheckout.in(directory);
    build(Flavour.JVM).require();
    // What native-image writes beside the binary is not the binary.
    Files.createFile(directory.resolve("query-service/target/headrace-query-service-runner"));
    assertThatThrownBy(build(Flavour.NATIVE)::require).isInstanceOf(LocalStackException.class);
  }

  @Test
  void the_flavour_is_chosen_by_a_system_property() {
    assertThat(StackOptions.throwaway(directory).flavour()).isEqualTo(Flavour.JVM);
    System.setProperty(Flavour.PROPERTY, "native");
    try {
      assertThat(StackOptions.throwaway(directory).flavour()).isEqualTo(Flavour.NATIVE);
      System.setProperty(Flavour.PROPERTY, "graal");
      assertThatThrownBy(Flavour::chosen)
          .isInstanceOf(LocalStackException.class)
          .hasMessage("headrace.stack.flavour is one of jvm, native, not \"graal\".");
    } finally {
      System.clearProperty(Flavour.PROPERTY);
    }
  }
}
