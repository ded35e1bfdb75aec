package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.Failures.AbandonedException;
import io.headrace.projection.platform.engine.Problems.InvalidException;
import io.headrace.projection.platform.engine.Rebuilds.NotNowException;
import io.quarkus.logging.Log;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/**
 * Parked events of the live generation. A lane is named by its kind and its id, as query
 * parameters: ids may hold any character.
 */
@Path("/views/{view}/parked")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "parked events")
class ParkedResource {

  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;

  private final ParkedEvents parked;
  private final Supervisor supervisor;
  private final DataSource dataSource;

  ParkedResource(ParkedEvents parked, Deployment deployment, DataSource dataSource) {
    this.parked = parked;
    this.supervisor = deployment.supervisor();
    this.dataSource = dataSource;
  }

  @GET
  @Operation(
      summary = "The lanes that wait, with cause and attempts; after-kind and after-lane page on")
  public Response lanes(
      @PathParam("view") String name,
      @QueryParam("after-kind") @Nullable String afterKind,
      @QueryParam("after-lane") @Nullable String afterLane,
      @Parameter(schema = @Schema(type = SchemaType.INTEGER)) @QueryParam("limit")
          @Nullable String limit)
      throws SQLException, NotNowException, AbandonedException {
    Lane behind = lane("after-", afterKind, afterLane);
    int most = most(limit);
    return of(
        name, (view, live) -> Response.ok(parked.lanes(name, live.number(), behind, most)).build());
  }

  @GET
  @Path("events")
  @Operation(summary = "What waits in a lane, in its order, with headers and payload")
  public Response events(
      @PathParam("view") String name,
      @QueryParam("kind") @Nullable String kind,
      @QueryParam("lane") @Nullable String lane,
      @Parameter(schema = @Schema(type = SchemaType.INTEGER)) @QueryParam("limit")
          @Nullable String limit)
      throws SQLException, NotNowException, AbandonedException {
    Lane wanted = requireLane(kind, lane);
    int most = most(limit);
    return of(
        name,
        (view, live) -> Response.ok(parked.events(name, live.number(), wanted, most)).build());
  }

  @POST
  @Path("redrive")
  @Operation(
      summary =
          "Takes up what waits: of one lane, if kind and lane are given, else of all, in their order; after-kind and after-lane go on where there was no time for more")
  public Response redrive(
      @PathParam("view") String name,
      @QueryParam("kind") @Nullable String kind,
      @QueryParam("lane") @Nullable String lane,
      @QueryParam("after-kind") @Nullable String afterKind,
      @QueryParam("after-lane") @Nullable String afterLane)
      throws SQLException, NotNowException, AbandonedException {
    Lane one = lane("", kind, lane);
    Lane behind = lane("after-", afterKind, afterLane);
    return of(
        name,
        (view, live) -> {
          ViewWorker<?> worker = supervisor.workerOf(view, live);
          return patiently(
              patience -> {
                Redrives redrives = redrives(worker, patience);
                return Response.ok(one == null ? redrives.all(behind) : redrives.one(one)).build();
              });
        });
  }

  /**
   * @param by who discards
   * @param note why: kept for good
   * @param all everything that waits in the lane, rather than what holds it up
   */
  @RegisterForReflection
  record DiscardRequest(@Nullable String by, @Nullable String note, @Nullable Boolean all) {}

  /**
   * @param redriven what became of the rest of the lane
   */
  @RegisterForReflection
  record DiscardAnswer(int discarded, Redrives.Report redriven) {}

  @POST
  @Path("discard")
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(
      summary =
          "Gives up what holds a lane up (the missing versions of a gap, or its first event) and takes up the rest: {by, note, all}")
  public Response discard(
      @PathParam("view") String name,
      @QueryParam("kind") @Nullable String kind,
      @QueryParam("lane") @Nullable String lane,
      @Nullable DiscardRequest body)
      throws SQLException, NotNowException, AbandonedException {
    Lane wanted = requireLane(kind, lane);
    String by = Problems.by(body == null ? null : body.by(), "must say who discards");
    String note = Problems.note(body == null ? null : body.note(), "must say why");
    boolean all = body != null && Boolean.TRUE.equals(body.all());
    return of(
        name,
        (view, live) -> {
          ViewWorker<?> worker = supervisor.workerOf(view, live);
          int discarded =
              patiently(
                  patience ->
                      new Redrive<>(worker, supervisor.catalogue())
                          .discard(wanted, all, note, by, patience));
          if (discarded < 0) {
            return Problems.unknown(
                "Nothing of the %s '%s' waits in view %s."
                    .formatted(wanted.kind().wire(), wanted.id(), name));
          }
          Log.warnf(
              "View %s: %d events of the %s '%s' were discarded by %s",
              name, discarded, wanted.kind().wire(), wanted.id(), by);
          return patiently(
              patience ->
                  Response.ok(new DiscardAnswer(discarded, redrives(worker, patience).one(wanted)))
                      .build());
        });
  }

  private Redrives redrives(ViewWorker<?> worker, Patience patience) {
    return new Redrives(new Redrive<>(worker, supervisor.catalogue()), parked, patience);
  }

  @GET
  @Path("discarded")
  @Operation(summary = "What was given up, by whom and why; the newest first")
  public Response discarded(
      @PathParam("view") String name,
      @Parameter(schema = @Schema(type = SchemaType.INTEGER)) @QueryParam("limit")
          @Nullable String limit)
      throws SQLException, NotNowException, AbandonedException {
    int most = most(limit);
    return of(name, (view, live) -> Response.ok(parked.discarded(name, most)).build());
  }

  private interface Work<T> {
    T with(Patience patience) throws SQLException, AbandonedException;
  }

  private <T> T patiently(Work<T> work) throws SQLException, AbandonedException {
    Patience patience = new Patience();
    try {
      return work.with(patience);
    } catch (AbandonedException e) {
      if (patience.failure instanceof SQLException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** As long as a client may be expected to wait: so long for a beginning, and then for its end. */
  private final class Patience implements Retry.Owner {

    private static final long TO_BEGIN = TimeUnit.SECONDS.toNanos(15);
    private static final long IN_ALL = TimeUnit.SECONDS.toNanos(20);

    private final long start = System.nanoTime();
    private @Nullable Exception failure;

    @Override
    public void failed(Exception cause) {
      failure = cause;
    }

    @Override
    public void succeeded() {
      failure = null;
    }

    @Override
    public boolean mayWait() {
      return lasts(TO_BEGIN);
    }

    @Override
    public boolean stillOwns() {
      return lasts(IN_ALL);
    }

    private boolean lasts(long nanos) {
      return System.nanoTime() - start < nanos && !supervisor.isStopping();
    }
  }

  private interface Action {
    Response on(CompiledView<?> view, Generation live)
        throws SQLException, NotNowException, AbandonedException;
  }

  private Response of(String name, Action action)
      throws SQLException, NotNowException, AbandonedException {
    CompiledView<?> view = supervisor.view(name).orElse(null);
    if (view == null) {
      return Problems.unknown("There is no view '%s'.".formatted(name));
    }
    Generation live;
    try (Connection connection = dataSource.getConnection()) {
      live = Generations.requireLive(connection, name);
    }
    return action.on(view, live);
  }

  private static int most(@Nullable String limit) {
    Integer given = Problems.number("limit", limit);
    return given == null ? DEFAULT_LIMIT : Math.min(given, MAX_LIMIT);
  }

  private static Lane requireLane(@Nullable String kind, @Nullable String lane) {
    Lane found = lane("", kind, lane);
    if (found == null) {
      throw noKind("");
    }
    return found;
  }

  /** Null if none is given. */
  private static @Nullable Lane lane(String prefix, @Nullable String kind, @Nullable String lane) {
    if (kind == null && lane == null) {
      return null;
    }
    Lane.Kind of = Lane.Kind.of(kind);
    if (of == null) {
      throw noKind(prefix);
    }
    if (lane == null) {
      throw new InvalidException(prefix + "lane", "must be given");
    }
    return new Lane(of, Problems.id(prefix + "lane", lane));
  }

  private static InvalidException noKind(String prefix) {
    return new InvalidException(prefix + "kind", "must be one of key, stream, record");
  }
}
