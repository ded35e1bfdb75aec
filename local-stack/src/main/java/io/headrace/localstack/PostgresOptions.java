package io.headrace.localstack;

import java.nio.file.Path;
import java.util.Map;

/**
 * How to run PostgreSQL.
 *
 * @param data the data directory; created at first start, kept unless {@code temporary}
 * @param port on loopback; 0 takes a free one
 * @param fsync whether a commit waits for the disk; off is for tests that restart nothing
 * @param temporary whether closing the server deletes the data directory
 * @param settings further settings of the server, which win over those of the stack
 */
public record PostgresOptions(
    Path data, int port, boolean fsync, boolean temporary, Map<String, String> settings) {
  public PostgresOptions {
    data = data.toAbsolutePath().normalize();
    settings = Map.copyOf(settings);
  }

  /** Durable, on a free port. */
  public static PostgresOptions in(Path data) {
    return new PostgresOptions(data, 0, true, false, Map.of());
  }

  /** Durable while it lives, on a free port, in a directory that goes with the server. */
  public static PostgresOptions throwaway() {
    return new PostgresOptions(
        Directories.scratch("postgres").resolve("data"), 0, true, true, Map.of());
  }

  /** The same on this port. */
  public PostgresOptions withPort(int number) {
    return new PostgresOptions(data, number, fsync, temporary, settings);
  }

  /** The same with or without waiting for the disk. */
  public PostgresOptions withFsync(boolean wait) {
    return new PostgresOptions(data, port, wait, temporary, settings);
  }

  /** The same with these further settings. */
  public PostgresOptions withSettings(Map<String, String> further) {
    return new PostgresOptions(data, port, fsync, temporary, further);
  }

  Path log() {
    return data.resolveSibling(data.getFileName() + ".log");
  }
}
