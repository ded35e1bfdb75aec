package io.headrace.localstack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A process that must not outlive this JVM, however the JVM ends.
 *
 * <p>The standard input of the child is a pipe whose other end only this JVM holds. A shell beside
 * the child reads it: at the end of input this JVM is gone, be it by SIGKILL, and the shell ends
 * the child, first by the given signal and, ten seconds later, by SIGKILL. The kernel's own parent
 * death signal will not do, because on Linux it is sent when the <em>thread</em> that forked ends.
 * The shell has its parent's number read from {@code /proc} right before it signals: a number that
 * was given to another process in the meantime is never hit.
 *
 * <p>Each child leads a session of its own, or else the Ctrl-C of a terminal would reach all of
 * them at once, and the databases would go down before the services that use them.
 */
final class Child {
  private static final String SUPERVISED =
      """
      exec 3<&0 </dev/null
      death=$0
      mine() { read -r _ _ _ parent _ </proc/self/stat; [ "$parent" = $$ ]; }
      { while read -r _ <&3; do :; done
        mine && kill -s "$death" $$
        i=0; while mine && [ $i -lt 100 ]; do i=$((i+1)); sleep 0.1 3<&-; done
        mine && kill -s KILL $$
      } >/dev/null 2>&1 &
      exec 3<&- "$@"
      """;

  private Child() {}

  /**
   * Starts a command, its output appended to a file.
   *
   * @param death the signal that ends it cleanly, for the case that this JVM dies first: {@code
   *     TERM}, {@code INT}
   * @param environment variables to set, on top of this JVM's own
   */
  static Process start(
      List<String> command, String death, Path log, Map<String, String> environment) {
    List<String> supervised = new ArrayList<>(List.of("setsid", "sh", "-c", SUPERVISED, death));
    supervised.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(supervised);
    builder.environment().putAll(environment);
    builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    try {
      Files.createDirectories(log.toAbsolutePath().getParent());
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot start " + command.getFirst(), e);
    }
  }

  /** The java of this JVM. */
  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** Sends a signal by its name; a process that is gone already is no error. */
  static void signal(ProcessHandle process, String signal) {
    if (process.isAlive()) {
      try {
        new ProcessBuilder("sh", "-c", "kill -s " + signal + " " + process.pid())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot signal process " + process.pid(), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Ends a process by a signal, or by SIGKILL when it has not gone within the patience. */
  static void stop(ProcessHandle process, String signal, Duration patience) {
    List<ProcessHandle> family = family(process);
    signal(process, signal);
    if (!gone(process, patience)) {
      process.destroyForcibly();
    }
    awaitAll(family);
  }

  /** Ends a process by SIGKILL, and returns when its descendants are gone too. */
  static void kill(ProcessHandle process) {
    List<ProcessHandle> family = family(process);
    process.destroyForcibly();
    awaitAll(family);
  }

  private static List<ProcessHandle> family(ProcessHandle process) {
    try (Stream<ProcessHandle> descendants = process.descendants()) {
      return Stream.concat(Stream.of(process), descendants).toList();
    }
  }

  private static void awaitAll(List<ProcessHandle> family) {
    for (ProcessHandle member : family) {
      if (!gone(member, Duration.ofSeconds(10))) {
        member.destroyForcibly();
        gone(member, Duration.ofSeconds(10));
      }
    }
  }

  // Asked for, not awaited: for a process that is not its own child the JVM asks too, but seldom.
  private static boolean gone(ProcessHandle process, Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (isRunning(process)) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      try {
        Thread.sleep(Duration.ofMillis(10));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return !isRunning(process);
      }
    }
    return true;
  }

  /**
   * Whether a process still does anything. In a container whose first process reaps nobody, orphans
   * stay in the process table for good after their death; they are not running.
   */
  static boolean isRunning(ProcessHandle process) {
    if (!process.isAlive()) {
      return false;
    }
    try {
      String stat =
          Files.readString(Path.of("/proc", String.valueOf(process.pid()), "stat"), ISO_8859_1);
      return !stat.substring(stat.lastIndexOf(')') + 1).strip().startsWith("Z");
    } catch (IOException e) {
      return process.isAlive();
    }
  }

  /** The last lines of a log, for a message; empty when there is none. */
  static String tail(Path log, int lines) {
    try (Stream<String> all = Files.lines(log, ISO_8859_1)) {
      List<String> read = all.toList();
      return String.join("\n", read.subList(Math.max(0, read.size() - lines), read.size()));
    } catch (IOException | UncheckedIOException e) {
      return "";
    }
  }
}
