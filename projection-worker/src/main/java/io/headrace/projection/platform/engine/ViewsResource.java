package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.ViewsReport.ViewReport;
import io.quarkus.logging.Log;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.sql.SQLException;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** For the operator. */
@Path("/views")
@Produces(MediaType.APPLICATION_JSON)
class ViewsResource {

  private final ViewsReport report;

  ViewsResource(ViewsReport report) {
    this.report = report;
  }

  @GET
  @Operation(summary = "How far each view is: generation, offsets, lag, parked events")
  @APIResponse(
      responseCode = "200",
      content =
          @Content(schema = @Schema(type = SchemaType.ARRAY, implementation = ViewReport.class)))
  @APIResponse(responseCode = "503", description = "PostgreSQL does not answer")
  public Response views() {
    try {
      return Response.ok(report.read()).build();
    } catch (SQLException e) {
      Log.warnf("The progress of the views cannot be read: %s", e.getMessage());
      return Response.status(Response.Status.SERVICE_UNAVAILABLE)
          .type("application/problem+json")
          .header("Retry-After", 2)
          .entity(
              Map.of(
                  "type", "urn:headrace:problem:dependency-down",
                  "title", "A dependency is down",
                  "status", 503,
                  "detail", "PostgreSQL does not answer."))
          .build();
    }
  }
}
