package io.headrace.benchmarks.append;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/** What processes have used of the processors. */
final class Processes {

  /** Of /proc: almost everywhere 100 a second. */
  private static final long TICK_MILLIS = 10;

  private Processes() {}

  /** A process with its children, those that have ended and were waited for too. */
  static Duration cpu(ProcessHandle process) {
    try (Stream<ProcessHandle> family = Stream.concat(Stream.of(process), process.descendants())) {
      return Duration.ofMillis(family.mapToLong(Processes::ticks).sum() * TICK_MILLIS);
    }
  }

  private static long ticks(ProcessHandle process) {
    try {
      String stat =
          Files.readString(
              Path.of("/proc", Long.toString(process.pid()), "stat"), StandardCharsets.ISO_8859_1);
      // Behind the name in parentheses: state is the first, utime to cstime are 12 to 15.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      long sum = 0;
      for (int i = 11; i <= 14; i++) {
        sum += Long.parseLong(fields[i]);
      }
      return sum;
    } catch (IOException e) {
      return 0; // it has ended meanwhile
    }
  }
}
