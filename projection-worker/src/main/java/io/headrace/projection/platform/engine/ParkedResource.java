package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.ParkedEvents.LaneReport;
import io.headrace.projection.platform.engine.Rebuilds.NotNowException;
import io.headrace.projection.platform.engine.Redrive.Outcome;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
    return of(
        name,
        (view, live) ->
            Response.ok(
                    parked.lanes(name, live.number(), lane(afterKind, afterLane), within(limit)))
                .build());
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
      return noLane(kind);
    }
    return of(
        name,
        (view, live) ->
            Response.ok(parked.events(name, live.number(), wanted, within(limit))).build());
  }

  /**
   * @param lanes how many were tried
   * @param events how many events were taken
   * @param left how many wait still
   * @param failures of the lanes that stopped again: why
   */
  @RegisterForReflection
  record RedriveReport(int lanes, int events, int left, Map<String, String> failures) {}

  @POST
  @Path("redrive")
  @Operation(
      summary =
          "Takes up what waits: of one lane, if kind and lane are given, else of all, in their order")
  public Response redrive(
      @PathParam("view") String name,
      @QueryParam("kind") @Nullable String kind,
      @QueryParam("lane") @Nullable String lane) {
    Lane one = lane(kind, lane);
    if (one == null && (kind != null || lane != null)) {
      return noLane(kind);
    }
    return of(
        name,
        (view, live) -> {
          ViewWorker<?> worker = supervisor.workerOf(view, live);
          return Response.ok(
                  redrive(worker, one == null ? allLanes(name, live.number()) : List.of(one)))
              .build();
        });
  }

  private List<Lane> allLanes(String view, int generation) throws SQLException {
    List<Lane> all = new ArrayList<>();
    Lane after = null;
    List<LaneReport> page;
    do {
      page = parked.lanes(view, generation, after, MAX_LIMIT);
      for (LaneReport each : page) {
        after = new Lane(kind(each.kind()), each.lane());
        all.add(after);
      }
    } while (page.size() == MAX_LIMIT);
    return all;
  }

  private <R extends Record> RedriveReport redrive(ViewWorker<R> worker, List<Lane> lanes)
      throws Failures.AbandonedException {
    Redrive<R> redrive = new Redrive<>(worker, supervisor.catalogue());
    Retry.Owner owner = patience();
    int events = 0;
    int left = 0;
    Map<String, String> failures = new java.util.TreeMap<>();
    for (Lane lane : lanes) {
      Outcome outcome = redrive.lane(lane, owner);
      events += outcome.events();
      left += outcome.left();
      if (outcome.cause() != null) {
        failures.put(lane.kind().wire() + " " + lane.id(), outcome.cause());
      }
    }
    return new RedriveReport(lanes.size(), events, left, failures);
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
  record DiscardAnswer(int discarded, RedriveReport redriven) {}

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
      return noLane(kind);
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
          int discarded = discard(worker, wanted, all, note, by);
          if (discarded < 0) {
            return Problems.unknown(
                "Nothing of the %s '%s' waits in view %s."
                    .formatted(wanted.kind().wire(), wanted.id(), name));
          }
          Log.warnf(
              "View %s: %d events of the %s '%s' were discarded by %s",
              name, discarded, wanted.kind().wire(), wanted.id(), by);
          return Response.ok(new DiscardAnswer(discarded, redrive(worker, List.of(wanted))))
              .build();
        });
  }

  private <R extends Record> int discard(
      ViewWorker<R> worker, Lane lane, boolean all, String note, String by)
      throws Failures.AbandonedException {
    return new Redrive<>(worker, supervisor.catalogue()).discard(lane, all, note, by, patience());
  }

  @GET
  @Path("discarded")
  @Operation(summary = "What was given up, by whom and why; the newest first")
  public Response discarded(
      @PathParam("view") String name, @QueryParam("limit") @Nullable Integer limit) {
    return of(name, (view, live) -> Response.ok(parked.discarded(name, within(limit))).build());
  }

  /** As long as a client may be expected to wait. */
  private Retry.Owner patience() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    return () -> System.nanoTime() < end && !supervisor.isStopping();
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

  private static Response noLane(@Nullable String kind) {
    return kind(kind) == null
        ? Problems.invalid("kind", "must be one of key, stream, record")
        : Problems.invalid("lane", "must be given");
  }

  private static @Nullable Lane lane(@Nullable String kind, @Nullable String lane) {
    Lane.Kind of = kind(kind);
    return of == null || lane == null ? null : new Lane(of, lane);
  }

  private static Lane.@Nullable Kind kind(@Nullable String wire) {
    if (wire == null) {
      return null;
    }
    for (Lane.Kind each : Lane.Kind.values()) {
      if (each.wire().equals(wire.toLowerCase(Locale.ROOT))) {
        return each;
      }
    }
    return null;
  }
}
