package io.headrace.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Podman on the command line. */
final class Podman {

  /**
   * The cgroup manager that needs no systemd, and, where it is installed, the runtime that knows
   * the older cgroups too. A container may not get higher limits than its parent has, which a
   * container around it has lowered.
   */
  private static final String WITHIN_LIMITS =
      """
      ulimit -n 16384 2>/dev/null; ulimit -u 16384 2>/dev/null
      command -v runc >/dev/null && set -- --runtime runc "$@"
      exec podman --cgroup-manager cgroupfs "$@"
      """;

  record Ended(int code, String output) {}

  private Podman() {}

  /** What it prints, where it must succeed. */
  static String podman(String... arguments) {
    Ended ended = attempt(arguments);
    assertThat(ended.code()).as("podman %s: %s", List.of(arguments), ended.output()).isZero();
    return ended.output().strip();
  }

  static Ended attempt(String... arguments) {
    List<String> command = new ArrayList<>(List.of("bash", "-c", WITHIN_LIMITS, "podman"));
    command.addAll(List.of(arguments));
    try {
      Path output = Files.createTempFile("podman", ".out");
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(5, TimeUnit.MINUTES)) {
          process.destroyForcibly();
          throw new AssertionError("podman %s does not end".formatted(List.of(arguments)));
        }
        return new Ended(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
      } finally {
        Files.delete(output);
      }
    } catch (IOException e) {
      throw new AssertionError("podman does not start: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
