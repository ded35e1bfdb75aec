package io.headrace.localstack;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One process of a stack. All methods may be called again in any order; starting what runs changes
 * nothing.
 */
interface Part {
  /** How people call it. */
  String name();

  /** Where it answers, for people. */
  String address();

  /** Launches it; it may not be ready yet. */
  void start();

  /** Returns when it does its job, and fails when it died or the time is over. */
  void awaitReady(Duration patience);

  /** Ends it in its own clean way. */
  void stop();

  /** SIGKILL. */
  void kill();

  /** The process while it runs. */
  @Nullable ProcessHandle process();

  /** The file with its output. */
  Path log();
}
