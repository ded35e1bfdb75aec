package io.headrace.projection.platform.engine;

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
      @QueryParam("limit") @Nullable Integer limit) {
    Lane behind = lane(afterKind, afterLane);
    if (behind == null && (afterKind != null || afterLane != null)) {
      return noLane("after-", afterKind);
    }
    return of(
        name,
        (view, live) ->
            Response.ok(parked.lanes(name, live.number(), behind, within(limit))).build());
  }

  @GET
  @Path("events")
  @Operation(summary = "What waits in a lane, in its order, with headers and payload")
  public Response events(
      @PathParam("view") String name,
      @QueryParam("kind") @Nullable String kind,
      @QueryParam("lane") @Nullable String lane,
      @QueryParam("limit") @Nullable Integer limit) {
    Lane wanted = lane(kind, lane);
    if (wanted == null) {
      return noLane("", kind);
    }
    return of(
        name,
        (view, live) ->
            Response.ok(parked.events(name, live.number(), wanted, within(limit))).build());
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
      @QueryParam("after-lane") @Nullable String afterLane) {
    Lane one = lane(kind, lane);
    if (one == null && (kind != null || lane != null)) {
      return noLane("", kind);
    }
    Lane behind = lane(afterKind, afterLane);
    if (behind == null && (afterKind != null || afterLane != null)) {
      return noLane("after-", afterKind);
    }
    return of(
        name,
        (view, live) -> {
          Redrives redrives = redrives(supervisor.workerOf(view, live), new Patience());
          return Response.ok(one == null ? redrives.all(behind) : redrives.one(one)).build();
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
      @Nullable DiscardRequest body) {
    Lane wanted = lane(kind, lane);
    if (wanted == null) {
      return noLane("", kind);
    }
    if (body == null || body.by() == null || body.by().isBlank()) {
      return Problems.invalid("by", "must say who discards");
    }
    if (body.note() == null || body.note().isBlank()) {
      return Problems.invalid("note", "must say why");
    }
    String by = body.by();
    String note = body.note();
    boolean all = Boolean.TRUE.equals(body.all());
    return of(
        name,
        (view, live) -> {
          ViewWorker<?> worker = supervisor.workerOf(view, live);
          int discarded =
              new Redrive<>(worker, supervisor.catalogue())
                  .discard(wanted, all, note, by, new Patience());
          if (discarded < 0) {
            return Problems.unknown(
                "Nothing of the %s '%s' waits in view %s."
                    .formatted(wanted.kind().wire(), wanted.id(), name));
          }
          Log.warnf(
              "View %s: %d events of the %s '%s' were discarded by %s",
              name, discarded, wanted.kind().wire(), wanted.id(), by);
          return Response.ok(
                  new DiscardAnswer(discarded, redrives(worker, new Patience()).one(wanted)))
              .build();
        });
  }

  private Redrives redrives(ViewWorker<?> worker, Patience patience) {
    return new Redrives(new Redrive<>(worker, supervisor.catalogue()), parked, patience);
  }

  @GET
  @Path("discarded")
  @Operation(summary = "What was given up, by whom and why; the newest first")
  public Response discarded(
      @PathParam("view") String name, @QueryParam("limit") @Nullable Integer limit) {
    return of(name, (view, live) -> Response.ok(parked.discarded(name, within(limit))).build());
  }

  /** As long as a client may be expected to wait: so long for a beginning, and then for its end. */
  private final class Patience implements Retry.Owner {

    private static final long TO_BEGIN = TimeUnit.SECONDS.toNanos(15);
    private static final long IN_ALL = TimeUnit.SECONDS.toNanos(20);

    private final long start = System.nanoTime();

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
        throws SQLException, NotNowException, Failures.AbandonedException;
  }

  private Response of(String name, Action action) {
    return supervisor
        .view(name)
        .map(
            view ->
                Problems.answer(
                    () -> {
                      Generation live;
                      try (Connection connection = dataSource.getConnection()) {
                        live = Generations.requireLive(connection, name);
                      }
                      return action.on(view, live);
                    }))
        .orElseGet(() -> Problems.unknown("There is no view '%s'.".formatted(name)));
  }

  private static int within(@Nullable Integer limit) {
    return limit == null ? DEFAULT_LIMIT : Math.clamp(limit, 1, MAX_LIMIT);
  }

  private static Response noLane(String which, @Nullable String kind) {
    return Lane.Kind.of(kind) == null
        ? Problems.invalid(which + "kind", "must be one of key, stream, record")
        : Problems.invalid(which + "lane", "must be given");
  }

  private static @Nullable Lane lane(@Nullable String kind, @Nullable String lane) {
    Lane.Kind of = Lane.Kind.of(kind);
    return of == null || lane == null ? null : new Lane(of, lane);
  }
}
