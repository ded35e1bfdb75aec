package io.headrace.command.platform.process;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.quarkus.logging.Log;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.health.api.Wellness;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Map;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/**
 * Says which of the process managers that run here have stopped processes. Under wellness, not
 * readiness: commands are served all the same, and so is every other process. What one that is gone
 * has left behind concerns nobody any more.
 */
@Wellness
@ApplicationScoped
class ProcessHealth implements AsyncHealthCheck {

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final ProcessStore store;
  private final ProcessManagers managers;
  private final MultiGauge gauge;

  ProcessHealth(ProcessStore store, ProcessManagers managers, MeterRegistry metrics) {
    this.store = store;
    this.managers = managers;
    this.gauge =
        MultiGauge.builder("headrace.process.stopped")
            .description("Processes that are stopped behind a parked event")
            .register(metrics);
  }

  @Scheduled(every = "15s")
  Uni<Void> measure() {
    return store
        .countStopped(managers.names())
        .ifNoItem()
        .after(TIMEOUT)
        .fail()
        .invoke(this::show)
        .onFailure()
        .invoke(e -> Log.debugf(e, "the stopped processes could not be counted"))
        .onFailure()
        .recoverWithNull()
        .replaceWithVoid();
  }

  private void show(Map<String, Long> counts) {
    gauge.register(
        counts.entrySet().stream()
            .map(
                entry ->
                    MultiGauge.Row.<Number>of(Tags.of("process", entry.getKey()), entry.getValue()))
            .toList(),
        true);
  }

  @Override
  public Uni<HealthCheckResponse> call() {
    return store
        .countStopped(managers.names())
        .ifNoItem()
        .after(TIMEOUT)
        .fail()
        .map(ProcessHealth::response)
        .onFailure()
        .recoverWithItem(
            () ->
                HealthCheckResponse.named("process-managers")
                    .down()
                    .withData("database", "does not answer")
                    .build());
  }

  private static HealthCheckResponse response(Map<String, Long> stopped) {
    HealthCheckResponseBuilder response =
        HealthCheckResponse.named("process-managers").status(stopped.isEmpty());
    stopped.forEach((process, count) -> response.withData(process + ".stopped", count));
    return response.build();
  }
}
