package io.headrace.command.platform.dispatch;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Limits of the way of a command. */
@ConfigMapping(prefix = "headrace.commands")
public interface CommandConfig {

  /**
   * The contexts that this deployment serves: their commands, streams and log, and their process
   * managers. Absent: all of the build. Each context is served by one deployment and its database.
   */
  Optional<List<String>> contexts();

  /** The most commands that wait or are being appended; one more is refused with 503. */
  @WithDefault("20000")
  int queueCapacity();

  /**
   * The most bytes of requests that wait or are being appended; one more is refused with 503. What
   * a command holds in memory is several times its request.
   */
  @WithDefault("16M")
  MemorySize queueSize();

  /** The most commands in one append. */
  @WithDefault("500")
  int maxBatch();

  /** How often a command is decided, with a conflict each time, before it is refused with 409. */
  @WithDefault("20")
  int maxAttempts();

  /** The largest event, in bytes of JSON; below what Kafka takes ({@code max.message.bytes}). */
  @WithDefault("900K")
  MemorySize maxEventSize();

  /** How far ahead of this service's clock the business time of a command may be. */
  @WithDefault("5M")
  Duration clockTolerance();

  /** What a refused client is told to wait. */
  @WithDefault("1S")
  Duration retryAfter();

  /**
   * The states that are kept in memory, by their bytes as JSON (in memory they take about three
   * times as much); 0 switches the cache off. It saves reads; what is right never rests on it.
   */
  @WithDefault("64M")
  MemorySize stateCacheSize();

  /**
   * After so many events a snapshot of a stream's state is stored, off the way of commands, and a
   * cold stream is read from there; 0 switches it off.
   */
  @WithDefault("200")
  int snapshotEvery();

  /**
   * The most commands of one request with many of them that are on their way at a time. More are
   * read from the connection only as the answers to these go out.
   */
  @WithDefault("256")
  int batchWindow();

  /** A client that takes none of the answers to its commands for this long is cut off. */
  @WithDefault("60S")
  Duration batchPatience();
}
