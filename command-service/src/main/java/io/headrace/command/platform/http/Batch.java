package io.headrace.command.platform.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.headrace.command.platform.dispatch.CommandConfig;
import io.headrace.command.platform.dispatch.CommandDispatcher;
import io.headrace.command.platform.dispatch.CommandRequest;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * One request with many commands, and its answer with one line for each of theirs, in their order:
 * {@code {"line": 1, "status": 201, "headers": {…}, "body": {…}}}, where status, headers and body
 * are those of a request with the one command; a problem is a body like another.
 *
 * <p><b>Order.</b> Commands are handed over in the order of the lines, several at a time, without
 * waiting for answers. Those for one stream are decided in that order; of others none is promised.
 * A command that is refused does not keep back those behind it.
 *
 * <p><b>Back-pressure.</b> At most a window of lines, and of bytes, is read and not yet answered to
 * the client's connection: from then on the connection is not read. So neither a client that sends
 * too fast nor one that takes its answers too slowly makes anything grow here; the latter is cut
 * off in the end.
 *
 * <p><b>Breaking off.</b> A line counts when its line feed has come, or the request's end. What a
 * client has not sent completely when its connection breaks is not carried out; what it has, may
 * be, with or without an answer: an idempotency key on each line lets it send all again.
 *
 * <p>Everything happens on the event loop of the request.
 */
final class Batch {

  /** A write to the connection has about this size while there are answers enough. */
  private static final int WRITE = 32 * 1024;

  /** Of lines without an answer, and of answers that were not written. */
  private static final int WINDOW_BYTES = 4 * 1024 * 1024;

  private static final class Slot {
    private final long number;
    private int bytes;
    private @Nullable Buffer answer;

    Slot(Lines.Line line) {
      this.number = line.number();
      this.bytes = line.text().length;
    }
  }

  private final RoutingContext routing;
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final Context context;
  private final BatchLine reader;
  private final CommandDispatcher dispatcher;
  private final Replies replies;
  private final Problems problems;
  private final CommandConfig config;
  private final Lines lines;

  private final Deque<Slot> slots = new ArrayDeque<>();
  private long windowBytes;
  private boolean ended;
  private boolean allRead;
  private boolean draining;
  private boolean full;
  private boolean over;
  private long timer = -1;

  Batch(
      RoutingContext routing,
      BatchLine reader,
      CommandDispatcher dispatcher,
      Replies replies,
      Problems problems,
      long lineLimit,
      CommandConfig config) {
    this.routing = routing;
    this.request = routing.request();
    this.response = routing.response();
    this.context = Vertx.currentContext();
    this.reader = reader;
    this.dispatcher = dispatcher;
    this.replies = replies;
    this.problems = problems;
    this.config = config;
    this.lines = new Lines(lineLimit);
  }

  void start() {
    response.setChunked(true).putHeader(HttpHeaders.CONTENT_TYPE, NdjsonReply.MEDIA_TYPE);
    response.closeHandler(closed -> stop());
    response.exceptionHandler(broken -> stop());
    request.exceptionHandler(broken -> stop());
    request.handler(
        chunk -> {
          request.pause();
          lines.add(chunk);
          readOn();
        });
    request.endHandler(
        end -> {
          ended = true;
          readOn();
        });
    if (request.isEnded()) {
      ended = true;
      readOn();
    } else {
      Bodies.letSend(routing);
      request.resume();
    }
  }

  private void stop() {
    over = true;
    routing.vertx().cancelTimer(timer);
    slots.clear();
  }

  private void readOn() {
    while (!over
        && !full
        && !allRead
        && slots.size() < config.batchWindow()
        && windowBytes < WINDOW_BYTES) {
      Lines.Line line = lines.next();
      if (line == null && !ended) {
        request.resume();
        return;
      }
      if (line == null) {
        line = lines.last();
        allRead = true;
      }
      if (line != null && !line.blank()) {
        carryOut(line);
      }
    }
    if (allRead && slots.isEmpty() && !over) {
      over = true;
      response.end();
    }
  }

  private void carryOut(Lines.Line line) {
    var slot = new Slot(line);
    slots.add(slot);
    windowBytes += slot.bytes;
    if (line.tooLong()) {
      answer(slot, BodyLimit.problem().response().build());
      return;
    }
    CommandRequest command;
    try {
      command = reader.read(line.text());
    } catch (ProblemException e) {
      answer(slot, problems.of(e));
      return;
    }
    String to = command.context();
    String location = BatchLine.location(command);
    dispatcher
        .dispatch(command)
        .thenApply(outcome -> replies.of(outcome, to, location).build())
        .exceptionally(problems::of)
        .thenAccept(answer -> answer(slot, answer));
  }

  private void answer(Slot slot, Response answer) {
    slot.answer = json(slot.number, answer);
    windowBytes += slot.answer.length() - slot.bytes;
    slot.bytes = slot.answer.length();
    drainSoon();
  }

  /** Not at once: the outcomes of one append come one after another, and leave together. */
  private void drainSoon() {
    if (!draining) {
      draining = true;
      context.runOnContext(x -> drain());
    }
  }

  private void drain() {
    draining = false;
    while (!over && !full && !slots.isEmpty() && slots.getFirst().answer != null) {
      Buffer out = Buffer.buffer(WRITE);
      while (out.length() < WRITE && !slots.isEmpty() && slots.getFirst().answer != null) {
        Slot first = slots.removeFirst();
        windowBytes -= first.bytes;
        out.appendBuffer(first.answer);
      }
      response.write(out);
      if (response.writeQueueFull()) {
        waitForTheClient();
      }
    }
    readOn();
  }

  private void waitForTheClient() {
    full = true;
    timer =
        routing
            .vertx()
            .setTimer(
                config.batchPatience().toMillis(),
                late -> {
                  stop();
                  Connections.cut(request);
                });
    response.drainHandler(
        taken -> {
          routing.vertx().cancelTimer(timer);
          full = false;
          drainSoon();
        });
  }

  private static Buffer json(long number, Response answer) {
    var head = new StringBuilder(256);
    head.append("{\"line\":").append(number).append(",\"status\":").append(answer.getStatus());
    head.append(",\"headers\":{");
    String separator = "";
    for (var header : answer.getStringHeaders().entrySet()) {
      head.append(separator).append('"').append(header.getKey()).append("\":\"");
      JsonStringEncoder.getInstance().quoteAsString(String.join(", ", header.getValue()), head);
      head.append('"');
      separator = ",";
    }
    head.append("},\"body\":");
    return Buffer.buffer(head.toString().getBytes(StandardCharsets.UTF_8))
        .appendBytes((byte[]) answer.getEntity())
        .appendString("}\n");
  }
}
