package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.Failures.NoLiveGenerationException;
import io.headrace.projection.platform.engine.ViewsReport.ViewReport;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.SQLException;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Whether the views move on, and what waits in them. Parked events are shown and leave the worker
 * ready: everything else flows, and a restart would not help them.
 */
@Readiness
@ApplicationScoped
class ViewsHealth implements HealthCheck {

  private final ViewsReport report;
  private final Supervisor supervisor;

  ViewsHealth(ViewsReport report, Deployment deployment) {
    this.report = report;
    this.supervisor = deployment.supervisor();
  }

  @Override
  public HealthCheckResponse call() {
    HealthCheckResponseBuilder response = HealthCheckResponse.named("views");
    try {
      for (ViewReport view : report.read()) {
        response.withData(view.view() + ".events", view.events());
        response.withData(view.view() + ".parked.lanes", view.parked().lanes());
        response.withData(view.view() + ".parked.events", view.parked().events());
        if (view.rebuild() != null) {
          response.withData(view.view() + ".rebuild", view.rebuild().phase().wire());
        }
        if (view.lag() != null) {
          response.withData(view.view() + ".lag", view.lag());
        }
      }
    } catch (NoLiveGenerationException e) {
      return response.withData("failure", e.getMessage()).down().build();
    } catch (SQLException e) {
      return response.withData("failure", "PostgreSQL does not answer").down().build();
    }
    supervisor.warnings().forEach((view, warning) -> response.withData(view + ".warning", warning));
    Exception failure = supervisor.failure();
    if (failure != null) {
      return response.withData("failure", String.valueOf(failure.getMessage())).down().build();
    }
    // A rolling deployment keeps the former workers, which feed what readers see, until then.
    return response.status(supervisor.isInPlace()).build();
  }
}
