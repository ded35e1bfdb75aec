package io.headrace.command.platform.dispatch;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What an operator sees of the lane. */
@Singleton
class LaneMetrics {

  private record CommandKey(String context, String command, String outcome) {}

  private final MeterRegistry registry;
  private final DistributionSummary batchSize;
  private final Counter conflicts;
  private final Counter locks;
  private final Counter hits;
  private final Counter misses;
  private final Map<CommandKey, Timer> timers = new ConcurrentHashMap<>();

  LaneMetrics(MeterRegistry registry) {
    this.registry = registry;
    batchSize =
        DistributionSummary.builder("headrace.append.batch.size")
            .description("Commands in one append")
            .register(registry);
    conflicts =
        Counter.builder("headrace.append.conflicts")
            .description("Appends that lost to another replica and were decided again")
            .register(registry);
    locks =
        Counter.builder("headrace.append.locks")
            .description("Streams that were locked, as appends to them lost again and again")
            .register(registry);
    hits = lookups("hit");
    misses = lookups("miss");
  }

  private Counter lookups(String result) {
    return Counter.builder("headrace.state.cache.lookups")
        .description("Looks into the cache of stream states")
        .tag("result", result)
        .register(registry);
  }

  void watch(InFlight inFlight, StateCache cache) {
    Gauge.builder("headrace.command.queue", inFlight, InFlight::number)
        .description("Commands that wait or are being appended")
        .register(registry);
    Gauge.builder("headrace.command.queue.bytes", inFlight, InFlight::bytes)
        .description("What the requests of these commands weigh")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("headrace.state.cache.entries", cache, StateCache::size)
        .description("Stream states in memory")
        .register(registry);
    Gauge.builder("headrace.state.cache.bytes", cache, StateCache::bytes)
        .description("What the stream states in memory weigh, in bytes of JSON")
        .baseUnit("bytes")
        .register(registry);
  }

  void batch(int commands) {
    if (commands > 0) {
      batchSize.record(commands);
    }
  }

  void conflict() {
    conflicts.increment();
  }

  void lock() {
    locks.increment();
  }

  void cache(boolean hit) {
    (hit ? hits : misses).increment();
  }

  /** Seldom enough for a look into the registry. */
  void snapshots(String result, int number) {
    Counter.builder("headrace.snapshots")
        .description("Snapshots of stream states that were written, used, dropped or unreadable")
        .tag("result", result)
        .register(registry)
        .increment(number);
  }

  void command(String context, String command, String outcome, Duration took) {
    timers
        .computeIfAbsent(
            new CommandKey(context, command, outcome),
            key ->
                Timer.builder("headrace.commands")
                    .description("Commands by outcome, from their dispatch to their answer")
                    .tag("context", key.context)
                    .tag("command", key.command)
                    .tag("outcome", key.outcome)
                    .register(registry))
        .record(took);
  }
}
