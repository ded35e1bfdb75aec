package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.Rebuilds.NotNowException;
import io.headrace.projection.platform.engine.ViewsReport.ViewReport;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import javax.sql.DataSource;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** For the operator: how far the views are, and their rebuilds. */
@Path("/views")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "views")
class ViewsResource {

  private final ViewsReport report;
  private final Supervisor supervisor;
  private final DataSource dataSource;

  ViewsResource(ViewsReport report, Deployment deployment, DataSource dataSource) {
    this.report = report;
    this.supervisor = deployment.supervisor();
    this.dataSource = dataSource;
  }

  @GET
  @Operation(summary = "How far each view is: generations, offsets, lag, parked events, rebuild")
  @APIResponse(
      responseCode = "200",
      content =
          @Content(schema = @Schema(type = SchemaType.ARRAY, implementation = ViewReport.class)))
  @APIResponse(responseCode = "503", description = "PostgreSQL does not answer")
  public Response views() throws SQLException {
    return Response.ok(report.read()).build();
  }

  /**
   * @param eventsPerSecond the most events of the log that are taken a second; absent: no limit
   * @param accept take over even if rows differ
   * @param by who asks; needed with {@code accept}
   */
  @RegisterForReflection
  record RebuildRequest(
      @Nullable Integer eventsPerSecond,
      @Nullable Boolean accept,
      @Nullable String by,
      @Nullable String note) {}

  @POST
  @Path("{view}/rebuild")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary =
          "Builds a new generation beside the live one, compares them, and swaps them if they are equal")
  @APIResponse(
      responseCode = "202",
      content = @Content(schema = @Schema(implementation = RebuildState.class)))
  @APIResponse(responseCode = "409", description = "It is being rebuilt already")
  public Response rebuild(@PathParam("view") String name, @Nullable RebuildRequest body)
      throws SQLException, NotNowException {
    RebuildRequest request = body == null ? new RebuildRequest(null, null, null, null) : body;
    Integer limit = Problems.positive("eventsPerSecond", request.eventsPerSecond());
    boolean accept = Boolean.TRUE.equals(request.accept());
    String by =
        accept
            ? Problems.by(request.by(), "must say who accepts what will be found")
            : Problems.by(request.by());
    Rebuilds.Request wanted =
        new Rebuilds.Request(
            "requested",
            limit == null ? supervisor.config().rebuild().eventsPerSecond().orElse(null) : limit,
            accept,
            by,
            Problems.note(request.note()));
    return of(
        name,
        view ->
            Response.accepted(supervisor.rebuilds().begin(view, wanted))
                .header("Location", "/views/" + name + "/rebuild")
                .build());
  }

  @GET
  @Path("{view}/rebuild")
  @Operation(
      summary = "The latest rebuild: how far it is, at which rate, what the comparison found")
  @APIResponse(
      responseCode = "200",
      content = @Content(schema = @Schema(implementation = RebuildState.class)))
  public Response rebuild(@PathParam("view") String name) throws SQLException, NotNowException {
    return of(
        name,
        view -> {
          try (Connection connection = dataSource.getConnection()) {
            return RebuildState.latest(connection, name)
                .map(state -> Response.ok(state).build())
                .orElseGet(() -> Problems.unknown("View %s was never rebuilt.".formatted(name)));
          }
        });
  }

  @POST
  @Path("{view}/rebuild/pause")
  @Operation(summary = "Has the rebuild wait where it is")
  public Response pause(@PathParam("view") String name) throws SQLException, NotNowException {
    return change(name, view -> supervisor.rebuilds().pause(view, true));
  }

  @POST
  @Path("{view}/rebuild/resume")
  @Operation(summary = "Has a paused rebuild go on")
  public Response resume(@PathParam("view") String name) throws SQLException, NotNowException {
    return change(name, view -> supervisor.rebuilds().pause(view, false));
  }

  @POST
  @Path("{view}/rebuild/limit")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary = "Changes how many events a second it takes: {eventsPerSecond}, absent: no limit")
  public Response limit(@PathParam("view") String name, @Nullable RebuildRequest body)
      throws SQLException, NotNowException {
    Integer limit =
        Problems.positive("eventsPerSecond", body == null ? null : body.eventsPerSecond());
    return change(name, view -> supervisor.rebuilds().limit(view, limit));
  }

  @POST
  @Path("{view}/rebuild/accept")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(summary = "Has the new generation take over although rows differ: {by, note}")
  public Response accept(@PathParam("view") String name, @Nullable RebuildRequest body)
      throws SQLException, NotNowException {
    String by =
        Problems.by(body == null ? null : body.by(), "must say who accepts the differences");
    String note =
        Problems.note(
            body == null ? null : body.note(), "must say why the differences are accepted");
    return change(name, view -> supervisor.rebuilds().accept(view, by, note));
  }

  @POST
  @Path("{view}/rebuild/compare")
  @Operation(summary = "Has the generations compared again")
  public Response compare(@PathParam("view") String name) throws SQLException, NotNowException {
    return change(name, view -> supervisor.rebuilds().compareAgain(view));
  }

  @DELETE
  @Path("{view}/rebuild")
  @Operation(summary = "Gives the rebuild up")
  public Response abandon(@PathParam("view") String name) throws SQLException, NotNowException {
    return of(
        name,
        view -> {
          supervisor.rebuilds().abandon(view);
          return Response.noContent().build();
        });
  }

  @POST
  @Path("{view}/rollback")
  @Operation(summary = "Has readers see the former generation again, which was kept up to date")
  public Response rollback(@PathParam("view") String name) throws SQLException, NotNowException {
    return of(
        name,
        view ->
            Response.ok(Map.of("view", name, "generation", supervisor.rebuilds().rollBack(view)))
                .build());
  }

  private interface Change {
    RebuildState make(CompiledView<?> view) throws SQLException, NotNowException;
  }

  private Response change(String name, Change change) throws SQLException, NotNowException {
    return of(name, view -> Response.ok(change.make(view)).build());
  }

  private interface Action {
    Response on(CompiledView<?> view) throws SQLException, NotNowException;
  }

  private Response of(String name, Action action) throws SQLException, NotNowException {
    CompiledView<?> view = supervisor.view(name).orElse(null);
    if (view == null) {
      return Problems.unknown(
          "There is no view '%s'; there are %s."
              .formatted(name, supervisor.views().stream().map(CompiledView::name).toList()));
    }
    return action.on(view);
  }
}
