package io.headrace.localstack;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Another JVM with this one's class path, whose output the test reads. */
final class OtherJvm implements AutoCloseable {
  private final Process process;
  private final BufferedReader output;

  private OtherJvm(Process process) {
    this.process = process;
    this.output = process.inputReader(StandardCharsets.UTF_8);
  }

  static OtherJvm start(Class<?> main, String... arguments) throws IOException {
    return start(UnaryOperator.identity(), Map.of(), main, arguments);
  }

  static OtherJvm start(
      UnaryOperator<List<String>> wrap,
      Map<String, String> environment,
      Class<?> main,
      String... arguments)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                // Who runs the tests in the background of a script has SIGINT ignored, and so would
                // this.
                "env",
                "--default-signal=INT",
                Child.java(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(wrap.apply(command)).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return new OtherJvm(builder.start());
  }

  /**
   * Reads until a line contains this, and returns that line; fails with all that was read when
   * there is none.
   */
  String awaitLine(String part) throws IOException {
    List<String> read = new ArrayList<>();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      read.add(line);
      if (line.contains(part)) {
        return line;
      }
    }
    throw new AssertionError("Never said \"%s\" but:\n%s".formatted(part, String.join("\n", read)));
  }

  int awaitExit() throws IOException, InterruptedException {
    while (output.readLine() != null) {
      // A full pipe would keep it from ending.
    }
    return process.waitFor();
  }

  void signal(String name) {
    Child.signal(process.toHandle(), name);
  }

  Process process() {
    return process;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
