package io.headrace.benchmarks.relay;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A JVM of its own, with the same options as every other one here; it dies with this JVM. */
final class Child implements AutoCloseable {

  private static final String SUPERVISED =
      """
      exec 3<&0 </dev/null
      mine() { read -r _ _ _ parent _ </proc/self/stat; [ "$parent" = $$ ]; }
      { while read -r _ <&3; do :; done; mine && kill -s KILL $$; } >/dev/null 2>&1 &
      exec 3<&- "$@"
      """;

  private final Process process;

  private Child(Process process) {
    this.process = process;
  }

  /**
   * @param settings system properties
   * @param program what follows the options: a class or {@code -jar …}
   */
  static Child start(Path log, Map<String, String> settings, List<String> program)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("sh", "-c", SUPERVISED, "child"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC"));
    settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.addAll(program);
    File file = log.toFile();
    return new Child(
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(file))
            .start());
  }

  /** A main class of this module. */
  static Child start(Path log, Map<String, String> settings, Class<?> main) throws IOException {
    return start(
        log, settings, List.of("-cp", System.getProperty("java.class.path"), main.getName()));
  }

  /** The processor time that it has used so far. */
  Duration cpu() {
    return process.toHandle().info().totalCpuDuration().orElseThrow();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  int waitFor(Duration patience) throws InterruptedException {
    if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException("a child does not end");
    }
    return process.exitValue();
  }

  /** SIGKILL. */
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
