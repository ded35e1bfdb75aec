package io.headrace.relay.platform.run;

import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Depends on nothing but this process: the supervisor's thread must not have died. */
@Liveness
class RelayLiveness implements HealthCheck {

  private final RelaySupervisor supervisor;

  RelayLiveness(RelaySupervisor supervisor) {
    this.supervisor = supervisor;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("supervisor").status(supervisor.alive()).build();
  }
}
