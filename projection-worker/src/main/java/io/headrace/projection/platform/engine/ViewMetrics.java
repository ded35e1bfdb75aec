package io.headrace.projection.platform.engine;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/** What is counted of one view. */
final class ViewMetrics {

  private final Counter events;
  private final Counter duplicates;
  private final Counter parked;
  private final Counter redriven;
  private final Counter healed;
  private final DistributionSummary batch;
  private final Timer transaction;

  ViewMetrics(MeterRegistry registry, String view, int generation) {
    Tags tags = Tags.of("view", view, "generation", Integer.toString(generation));
    this.events =
        Counter.builder("headrace.view.events")
            .description("Events taken by the view")
            .tags(tags)
            .register(registry);
    this.duplicates =
        Counter.builder("headrace.view.duplicates")
            .description("Events that had been taken before")
            .tags(tags)
            .register(registry);
    this.parked =
        Counter.builder("headrace.view.parked")
            .description("Events parked since the worker started")
            .tags(tags)
            .register(registry);
    this.redriven =
        Counter.builder("headrace.view.redriven")
            .description("Parked events that were taken in the end")
            .tags(tags)
            .register(registry);
    this.healed =
        Counter.builder("headrace.view.gaps.healed")
            .description("Events that Kafka did not deliver, taken from the event log")
            .tags(tags)
            .register(registry);
    this.batch =
        DistributionSummary.builder("headrace.view.batch")
            .description("Records in one transaction")
            .baseUnit("records")
            .tags(tags)
            .register(registry);
    this.transaction =
        Timer.builder("headrace.view.transaction")
            .description("From reading the rows to the commit")
            .tags(tags)
            .publishPercentiles(0.5, 0.99)
            .register(registry);
  }

  void committed(int records, int taken, int dropped, int parkedNow, long nanos) {
    batch.record(records);
    events.increment(taken);
    duplicates.increment(dropped);
    parked.increment(parkedNow);
    transaction.record(nanos, TimeUnit.NANOSECONDS);
  }

  void redriven(int events) {
    redriven.increment(events);
  }

  void healed(int events) {
    healed.increment(events);
  }
}
