package io.headrace.localstack;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What a stack writes down about itself, so that other processes find it.
 *
 * @param owner the JVM that started the stack
 * @param parts the processes that run, by the name of the part
 */
record StackState(
    Pid owner,
    String commandUrl,
    String queryUrl,
    String relayUrl,
    String workerUrl,
    int postgresPort,
    String kafkaBootstrap,
    StackPorts ports,
    Map<String, Pid> parts) {
  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  /**
   * A process, and not another one that was given its number later.
   *
   * @param pid its number
   * @param startedMillis when it was started, by the system's own account
   */
  record Pid(long pid, long startedMillis) {
    // The instant of the boot, from which the JDK reckons, is itself known to the second only.
    private static final Duration TOLERANCE = Duration.ofSeconds(2);

    static Pid of(ProcessHandle process) {
      return new Pid(
          process.pid(), process.info().startInstant().map(Instant::toEpochMilli).orElse(0L));
    }

    Optional<ProcessHandle> find() {
      return ProcessHandle.of(pid)
          .filter(Child::isRunning)
          .filter(
              process ->
                  Math.abs(of(process).startedMillis() - startedMillis) <= TOLERANCE.toMillis());
    }
  }

  static Path file(Path directory) {
    return directory.resolve("stack.json");
  }

  static Optional<StackState> read(Path directory) {
    try {
      return Optional.of(JSON.readValue(Files.readString(file(directory)), StackState.class));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file(directory), e);
    }
  }

  // By renaming: a reader never sees half of it.
  void write(Path directory) {
    Path file = file(directory);
    Path fresh = directory.resolve("stack.json.new");
    try {
      Files.writeString(
          fresh, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n");
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file, e);
    }
  }
}
