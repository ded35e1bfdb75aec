package io.headrace.relay.platform.run;

import io.headrace.relay.platform.RelayConfig;
import io.headrace.relay.platform.source.SlotState;
import java.util.Locale;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready is who streams, or stands by; a short failure is forgiven. */
@Readiness
class RelayHealth implements HealthCheck {

  private final RelayStatus status;
  private final RelayMetrics metrics;
  private final Circuits circuits;
  private final RelayConfig config;

  RelayHealth(RelayStatus status, RelayMetrics metrics, Circuits circuits, RelayConfig config) {
    this.status = status;
    this.metrics = metrics;
    this.circuits = circuits;
    this.config = config;
  }

  @Override
  public HealthCheckResponse call() {
    RelayStatus.State state = status.state();
    HealthCheckResponseBuilder response =
        HealthCheckResponse.named("relay")
            .status(status.ready(config.grace()))
            .withData("role", state.role().name().toLowerCase(Locale.ROOT))
            .withData("slot", config.slot())
            .withData("lagSeconds", "%.3f".formatted(metrics.lagSeconds()));
    circuits
        .states()
        .forEach(
            (name, circuit) ->
                response.withData(name + "Circuit", circuit.name().toLowerCase(Locale.ROOT)));
    if (state.reason() != null) {
      response.withData("reason", state.reason());
    }
    String lastError = status.lastError();
    if (lastError != null) {
      response.withData("lastError", lastError);
    }
    SlotState slot = status.slot();
    if (slot != null) {
      response
          .withData("lagBytes", slot.lagBytes())
          .withData("retainedBytes", slot.retainedBytes())
          .withData("slotStatus", slot.status());
      if (slot.lost() != null) {
        response.withData("slotLost", slot.lost());
      }
    }
    return response.build();
  }
}
