package io.headrace.localstack;

import java.nio.file.Path;
import java.util.Map;

/**
 * How to run PostgreSQL.
 *
 * @param data the data directory; created at first start, kept unless {@code temporary}
 * @param log the file that the server's log is appended to
 * @param port on loopback; 0 takes a free one
 * @param fsync whether a commit waits for the disk; off is for tests that restart nothing
 * @param temporary whether closing the server deletes the data directory
 * @param settings further settings of the server, which win over those of the stack
 */
public record PostgresOptions(
    Path data, Path log, int port, boolean fsync, boolean temporary, Map<String, String> settings) {
  public PostgresOptions {
    data = data.toAbsolutePath().normalize();
    log = log.toAbsolutePath().normalize();
    settings = Map.copyOf(settings);
  }

  /** Durable, on a free port. */
  public static PostgresOptions in(Path data) {
    return new PostgresOptions(
        data, data.resolveSibling(data.getFileName() + ".log"), 0, true, false, Map.of());
  }

  /** Durable while it lives, on a free port, in a directory that goes with the server. */
  public static PostgresOptions throwaway() {
    Path scratch = Directories.scratch("postgres");
    return new PostgresOptions(
        scratch.resolve("data"), scratch.resolve("postgres.log"), 0, true, true, Map.of());
  }

  /** The same on this port. */
  public PostgresOptions withPort(int number) {
    return new PostgresOptions(data, log, number, fsync, temporary, settings);
  }

  /** The same with or without waiting for the disk. */
  public PostgresOptions withFsync(boolean wait) {
    return new PostgresOptions(data, log, port, wait, temporary, settings);
  }

  /** The same with these further settings. */
  public PostgresOptions withSettings(Map<String, String> further) {
    return new PostgresOptions(data, log, port, fsync, temporary, further);
  }

  /** The same with the server's log in this file. */
  public PostgresOptions withLog(Path file) {
    return new PostgresOptions(data, file, port, fsync, temporary, settings);
  }
}
