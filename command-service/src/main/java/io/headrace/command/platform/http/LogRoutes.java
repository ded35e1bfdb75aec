package io.headrace.command.platform.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.headrace.command.platform.dispatch.Aggregates;
import io.headrace.command.platform.log.EventLog.LoggedEvent;
import io.headrace.command.platform.log.LogStream;
import io.headrace.command.platform.log.LogStream.Position;
import io.headrace.command.platform.log.LogStream.StoredEvent;
import io.headrace.command.platform.log.LogStreamConfig;
import io.headrace.events.platform.RecordedEvent;
import io.smallrye.mutiny.Multi;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The log as lines of JSON: {@code GET /log} for views that are built anew, {@code GET
 * /log/streams/{streamId}} for a reader that misses events of one stream. Not routed through
 * JAX-RS, which would write each line by itself and leave the connection open after a failure.
 */
@ApplicationScoped
class LogRoutes {

  static final String ESTIMATE = "Log-Events-Estimate";

  /** What {@link RecordedEvent#id} makes. */
  private static final Pattern POSITION = Pattern.compile("([!-~]{1,300})@([0-9]{1,18})");

  private static final Pattern STREAM_ID = Pattern.compile("[!-~]{1,300}");
  private static final Pattern VERSION = Pattern.compile("[0-9]{1,18}");

  private final LogStream log;
  private final LogStreamConfig config;
  private final Aggregates aggregates;
  private final Problems problems;

  LogRoutes(LogStream log, LogStreamConfig config, Aggregates aggregates, Problems problems) {
    this.log = log;
    this.config = config;
    this.aggregates = aggregates;
    this.problems = problems;
  }

  void register(@Observes Router router) {
    router.get("/log").handler(routing -> answer(routing, this::wholeLog));
    router.get("/log/streams/:streamId").handler(routing -> answer(routing, this::oneStream));
  }

  private interface Answer {
    void to(RoutingContext routing);
  }

  private void answer(RoutingContext routing, Answer answer) {
    try {
      answer.to(routing);
    } catch (ProblemException e) {
      problems.send(routing, e);
    }
  }

  private void wholeLog(RoutingContext routing) {
    List<String> contexts = contexts(routing.queryParam("context"));
    Position after = position(single(routing, "after"));
    log.estimate()
        .subscribe()
        .with(
            events -> {
              if (events > 0) {
                routing.response().putHeader(ESTIMATE, Long.toString(events));
              }
              send(routing, log.read(contexts, after));
            },
            failure -> problems.send(routing, failure));
  }

  private void oneStream(RoutingContext routing) {
    String streamId = routing.pathParam("streamId");
    if (!STREAM_ID.matcher(streamId).matches()) {
      throw new ProblemException(
          Problem.invalid("streamId", "must be 1 to 300 visible ASCII characters"));
    }
    String after = single(routing, "after");
    if (after != null && !VERSION.matcher(after).matches()) {
      throw new ProblemException(Problem.invalid("after", "must be a version of the stream, or 0"));
    }
    send(routing, log.readStream(streamId, after == null ? 0 : Long.parseLong(after)));
  }

  private void send(RoutingContext routing, Multi<List<StoredEvent>> batches) {
    var count = new long[1];
    Multi<Buffer> lines =
        batches.map(
            batch -> {
              count[0] += batch.size();
              return lines(batch);
            });
    Multi<Buffer> end =
        Multi.createFrom()
            .item(() -> Buffer.buffer("{\"end\":true,\"events\":" + count[0] + "}\n"));
    NdjsonReply.send(
        routing,
        Multi.createBy().concatenating().streams(lines, end),
        config.maxPause(),
        failure -> problems.send(routing, failure));
  }

  private List<String> contexts(List<String> wanted) {
    List<String> known = aggregates.contexts();
    for (String context : wanted) {
      if (aggregates.isElsewhere(context)) {
        throw new ProblemException(Problem.elsewhere(context, known));
      }
      if (!known.contains(context)) {
        throw new ProblemException(
            Problem.invalid(
                "context", "must be one of " + String.join(", ", known) + "; it may be repeated"));
      }
    }
    return wanted.stream().distinct().toList();
  }

  private static Position position(@Nullable String after) {
    if (after == null) {
      return Position.START;
    }
    var parts = POSITION.matcher(after);
    if (!parts.matches()) {
      throw new ProblemException(
          Problem.invalid("after", "must be the id of the last event that was received"));
    }
    return new Position(parts.group(1), Long.parseLong(parts.group(2)));
  }

  private static @Nullable String single(RoutingContext routing, String name) {
    List<String> values = routing.queryParam(name);
    if (values.size() > 1) {
      throw new ProblemException(Problem.invalid(name, "must be given once"));
    }
    return values.isEmpty() ? null : values.getFirst();
  }

  private static Buffer lines(List<StoredEvent> events) {
    var text = new StringBuilder(events.size() * 640);
    for (StoredEvent stored : events) {
      LoggedEvent event = stored.event();
      text.append("{\"id\":");
      quoted(text, RecordedEvent.id(stored.streamId(), event.streamVersion()));
      text.append(",\"context\":");
      quoted(text, event.context());
      text.append(",\"streamId\":");
      quoted(text, stored.streamId());
      text.append(",\"streamVersion\":").append(event.streamVersion());
      text.append(",\"type\":");
      quoted(text, event.type());
      text.append(",\"partitionKey\":");
      quoted(text, event.partitionKey());
      text.append(",\"recordedAt\":\"")
          .append(Instant.EPOCH.plus(event.recordedAt(), ChronoUnit.MICROS))
          .append("\",\"metadata\":")
          .append(oneLine(event.metadata()))
          .append(",\"data\":")
          .append(oneLine(event.payload()))
          .append("}\n");
    }
    return Buffer.buffer(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static void quoted(StringBuilder text, String value) {
    text.append('"');
    JsonStringEncoder.getInstance().quoteAsString(value, text);
    text.append('"');
  }

  /** In JSON a bare line feed can only be white space between tokens, so a blank means the same. */
  private static String oneLine(String json) {
    return json.indexOf('\n') < 0 ? json : json.replace('\n', ' ');
  }
}
