package io.headrace.relay.platform.http;

import io.headrace.relay.platform.kafka.ParkedEvent;
import io.headrace.relay.platform.refill.RefillProgress;
import io.headrace.relay.platform.run.Parking;
import io.headrace.relay.platform.run.RelayStatus;
import io.headrace.relay.platform.run.RelaySupervisor;
import io.quarkus.logging.Log;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Locale;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;

/**
 * What an operator can tell the relay, on the port of health and metrics, which is not for the
 * world:
 *
 * <ul>
 *   <li>{@code POST /relay/refill} makes Kafka complete from the event log. The answer is a line of
 *       JSON for each step of the progress; the last one says what it came to. With {@code Accept:
 *       text/plain} the lines are sentences, the last one beginning with "done" or "failed". {@code
 *       GET} shows the newest line, also of a refill whose caller has gone.
 *   <li>{@code POST /relay/parked} with {@code {"event", "by", "reason"}} leaves out the event
 *       before which the relay has stopped. {@code GET} lists what was parked, by whom and why.
 * </ul>
 */
@ApplicationScoped
class OperatorRoutes {

  private static final long PROGRESS_MILLIS = 500;
  private static final long BODY_LIMIT = 16 * 1024;

  private final RelaySupervisor supervisor;
  private final RelayStatus status;
  private final Parking parking;

  OperatorRoutes(RelaySupervisor supervisor, RelayStatus status, Parking parking) {
    this.supervisor = supervisor;
    this.status = status;
    this.parking = parking;
  }

  void register(@Observes Router router) {
    router.get("/relay/refill").handler(this::showRefill);
    router.post("/relay/refill").handler(this::refill);
    router.get("/relay/parked").blockingHandler(this::showParked);
    router.post("/relay/parked").handler(BodyHandler.create(false).setBodyLimit(BODY_LIMIT));
    router.post("/relay/parked").blockingHandler(this::park);
  }

  private void showRefill(RoutingContext context) {
    context.json(json(status.refill()));
  }

  private void refill(RoutingContext context) {
    if (!supervisor.requestRefill()) {
      problem(
          context,
          409,
          "no-refill",
          "A refill is for a relay that does not go on: this one streams, stands by or is about to, or a refill is under way already.");
      return;
    }
    boolean words = String.valueOf(context.request().getHeader("Accept")).contains("text/plain");
    HttpServerResponse response = context.response();
    response
        .setChunked(true)
        .putHeader("Content-Type", words ? "text/plain" : "application/x-ndjson");
    String[] last = {""};
    context
        .vertx()
        .setPeriodic(
            0,
            PROGRESS_MILLIS,
            timer -> {
              RefillProgress progress = status.refill();
              String line = words ? progress.sentence() : json(progress).encode();
              if (response.closed()) {
                context.vertx().cancelTimer(timer);
              } else if (progress.state().ended()) {
                context.vertx().cancelTimer(timer);
                response.end(line + "\n");
              } else if (!words || !line.equals(last[0])) {
                last[0] = line;
                response.write(line + "\n");
              }
            });
  }

  private static JsonObject json(RefillProgress progress) {
    JsonObject json =
        new JsonObject()
            .put("state", progress.state().name().toLowerCase(Locale.ROOT))
            .put("records", progress.records())
            .put("compared", progress.compared())
            .put("log", progress.log())
            .put("published", progress.published())
            .put("twice", progress.twice())
            .put("missing", progress.missing())
            .put("expired", progress.expired())
            .put("refilled", progress.refilled());
    return progress.message() == null ? json : json.put("message", progress.message());
  }

  private void showParked(RoutingContext context) {
    try {
      JsonArray events = new JsonArray();
      parking.all().forEach(parked -> events.add(json(parked)));
      context.json(new JsonObject().put("events", events));
    } catch (KafkaException e) {
      unavailable(context, e);
    }
  }

  private void park(RoutingContext context) {
    try {
      JsonObject body = context.body().asJsonObject();
      String event = text(body, "event");
      String by = text(body, "by");
      String reason = text(body, "reason");
      Optional<ParkedEvent> parked = parking.park(event, by, reason);
      if (parked.isPresent()) {
        context.response().setStatusCode(201);
        context.json(json(parked.get()));
      } else {
        problem(
            context,
            409,
            "not-stopped-there",
            parking
                .stoppedBefore()
                .map(id -> "The relay has stopped before the event " + id + ", not this one.")
                .orElse("The relay has not stopped before any event."));
      }
    } catch (DecodeException | ClassCastException | IllegalArgumentException e) {
      problem(
          context,
          400,
          "invalid-request",
          "The body must be {\"event\": \"<stream>@<version>\", \"by\": \"<who>\", \"reason\": \"<why>\"}, none of them empty.");
    } catch (KafkaException e) {
      unavailable(context, e);
    }
  }

  private static String text(JsonObject body, String name) {
    String text = body == null ? null : body.getString(name);
    if (text == null || text.isBlank()) {
      throw new IllegalArgumentException(name);
    }
    return text;
  }

  private static JsonObject json(ParkedEvent parked) {
    JsonObject json = new JsonObject();
    parked.fields().forEach(json::put);
    return json;
  }

  private static void unavailable(RoutingContext context, KafkaException failure) {
    Log.warnf("Kafka did not answer to an operator's request: %s", failure.getMessage());
    context.response().putHeader("Retry-After", "5");
    problem(context, 503, "dependency-down", "Kafka does not answer.");
  }

  private static void problem(RoutingContext context, int code, String type, String detail) {
    context
        .response()
        .setStatusCode(code)
        .putHeader("Content-Type", "application/problem+json")
        .end(
            new JsonObject()
                .put("type", "urn:headrace:problem:" + type)
                .put("title", type.replace('-', ' '))
                .put("status", code)
                .put("detail", detail)
                .encode());
  }
}
