package io.headrace.relay.platform.run;

import io.headrace.relay.platform.record.OutgoingEvent;
import io.headrace.relay.platform.source.SlotState;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.faulttolerance.api.CircuitBreakerState;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The relay in figures. */
@ApplicationScoped
public class RelayMetrics {

  /** Beyond it, the delay of the last event says nothing about now. */
  private static final Duration FRESH = Duration.ofSeconds(10);

  private final MeterRegistry registry;
  private final Map<String, Counter> published = new HashMap<>();
  private final DistributionSummary batch;
  private final Timer transaction;
  private final Timer delay;
  private final Counter failures;

  /** When the oldest row was recorded that is being published, in microseconds; 0 if none is. */
  private volatile long pending;

  private volatile long lastDelayMicros;
  private volatile long lastPublished;

  RelayMetrics(MeterRegistry registry, RelayStatus status, Circuits circuits) {
    this.registry = registry;
    batch =
        DistributionSummary.builder("headrace.relay.batch")
            .description("Events in a Kafka transaction")
            .baseUnit("events")
            .register(registry);
    transaction =
        Timer.builder("headrace.relay.transaction")
            .description("Duration of a Kafka transaction")
            .publishPercentiles(0.5, 0.99)
            .register(registry);
    delay =
        Timer.builder("headrace.relay.delay")
            .description("From the recording of a batch's oldest event to its commit in Kafka")
            .publishPercentiles(0.5, 0.99)
            .register(registry);
    failures =
        Counter.builder("headrace.relay.failures")
            .description("Times that the stream ended by a failure")
            .register(registry);
    slotGauge(
        "headrace.relay.lag", "Log written but not yet confirmed", status, SlotState::lagBytes);
    slotGauge(
        "headrace.relay.retained",
        "Log that the slot keeps from being removed",
        status,
        SlotState::retainedBytes);
    slotGauge(
        "headrace.relay.slot.safe",
        "Log that may still be written before PostgreSQL takes from the slot what it needs",
        status,
        slot -> slot.safeBytes() == null ? Double.NaN : slot.safeBytes());
    Gauge.builder(
            "headrace.relay.slot.lost",
            status,
            s -> s.slot() == null ? Double.NaN : s.slot().lost() == null ? 0 : 1)
        .description("1 if the slot can no longer be streamed from")
        .register(registry);
    for (String dependency : List.of(Circuits.KAFKA, Circuits.DATABASE)) {
      for (CircuitBreakerState state : CircuitBreakerState.values()) {
        Gauge.builder(
                "headrace.relay.circuit",
                circuits,
                c -> c.states().get(dependency) == state ? 1 : 0)
            .description("1 for the state that the circuit breaker has")
            .tag("dependency", dependency)
            .tag("state", state.name().toLowerCase(Locale.ROOT))
            .register(registry);
      }
    }
    Gauge.builder("headrace.relay.lag.time", this, RelayMetrics::lagSeconds)
        .description("How long the newest event took, or the oldest that is on its way has taken")
        .baseUnit("seconds")
        .register(registry);
    for (Role role : Role.values()) {
      Gauge.builder("headrace.relay.role", status, s -> s.role() == role ? 1 : 0)
          .description("1 for the role that the relay has")
          .tag("role", role.name().toLowerCase(Locale.ROOT))
          .register(registry);
    }
  }

  private void slotGauge(
      String name, String description, RelayStatus status, ToDoubleFunction<SlotState> value) {
    Gauge.builder(name, status, s -> s.slot() == null ? Double.NaN : value.applyAsDouble(s.slot()))
        .description(description)
        .baseUnit("bytes")
        .register(registry);
  }

  void publishing(List<OutgoingEvent> events) {
    pending = events.isEmpty() ? 0 : events.getFirst().recordedAt();
  }

  void published(List<OutgoingEvent> events, long nanos) {
    transaction.record(Duration.ofNanos(nanos));
    if (!events.isEmpty()) {
      batch.record(events.size());
      count(events);
      lastDelayMicros = Math.max(0, now() - pending);
      delay.record(Duration.of(lastDelayMicros, ChronoUnit.MICROS));
      lastPublished = System.nanoTime();
    }
    pending = 0;
  }

  /** Neighbours are mostly of one context. */
  private void count(List<OutgoingEvent> events) {
    String context = events.getFirst().context();
    int run = 0;
    for (OutgoingEvent event : events) {
      if (!event.context().equals(context)) {
        counter(context).increment(run);
        context = event.context();
        run = 0;
      }
      run++;
    }
    counter(context).increment(run);
  }

  void failed() {
    pending = 0;
    failures.increment();
  }

  double lagSeconds() {
    long since = pending;
    if (since != 0) {
      return Math.max(0, now() - since) / 1e6;
    }
    return lastPublished != 0 && System.nanoTime() - lastPublished < FRESH.toNanos()
        ? lastDelayMicros / 1e6
        : 0;
  }

  private Counter counter(String context) {
    return published.computeIfAbsent(
        context,
        name ->
            Counter.builder("headrace.relay.events")
                .description("Events published")
                .tag("context", name)
                .register(registry));
  }

  private static long now() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }
}
