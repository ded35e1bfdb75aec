package io.headrace.query.platform.live;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.query.platform.live.LiveEvent.Kind;
import io.headrace.query.platform.read.ViewPosition;
import io.vertx.core.buffer.Buffer;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes the events of one reading, and their bytes: server-sent events as in <a
 * href="https://html.spec.whatwg.org/multipage/server-sent-events.html">the HTML standard</a>, each
 * with JSON. A row is written once, for however many queries it is told.
 */
final class Encoder<E> {

  private static final int ROOM = 256;

  private final ObjectMapper json;
  private final Map<String, Map<E, byte[]>> written = new HashMap<>();

  Encoder(ObjectMapper json) {
    this.json = json;
  }

  LiveEvent<E> state(
      String id,
      Reading.Page<E> page,
      Optional<Reset> reset,
      Optional<ViewPosition> position,
      LiveQuery<E> query) {
    return new LiveEvent<>(
        Kind.STATE,
        id,
        page.rows(),
        List.of(),
        page.more(),
        reset,
        position,
        event -> bytes(event, query));
  }

  LiveEvent<E> change(String id, List<E> rows, List<Object> gone, LiveQuery<E> query) {
    return returned(id, rows, gone, Optional.empty(), query);
  }

  LiveEvent<E> returned(
      String id,
      List<E> rows,
      List<Object> gone,
      Optional<ViewPosition> position,
      LiveQuery<E> query) {
    return new LiveEvent<>(
        Kind.CHANGE,
        id,
        rows,
        gone,
        false,
        Optional.empty(),
        position,
        event -> bytes(event, query));
  }

  private Buffer bytes(LiveEvent<E> event, LiveQuery<E> query) {
    var to = Buffer.buffer(ROOM);
    event
        .reset()
        .ifPresent(
            why ->
                to.appendString("event: reset\ndata: ")
                    .appendBytes(json(Map.of("reason", why.reason(), "detail", why.sentence())))
                    .appendString("\n\n"));
    to.appendString("id: ").appendString(event.id()).appendString("\n");
    if (event.kind() == Kind.CHANGE && event.rows().isEmpty() && event.gone().isEmpty()) {
      // Without data nothing is dispatched, but the id is remembered.
      return to.appendString("\n");
    }
    to.appendString(event.kind() == Kind.STATE ? "event: state\n" : "event: change\n");
    to.appendString("data: {\"rows\":[");
    var first = true;
    for (var row : event.rows()) {
      if (!first) {
        to.appendByte((byte) ',');
      }
      first = false;
      to.appendBytes(row(row, query));
    }
    if (event.kind() == Kind.STATE) {
      to.appendString("],\"more\":").appendString(String.valueOf(event.more()));
    } else {
      to.appendString("],\"gone\":").appendBytes(json(event.gone()));
    }
    return to.appendString("}\n\n");
  }

  private byte[] row(E row, LiveQuery<E> query) {
    return written
        .computeIfAbsent(query.variant(), _ -> new IdentityHashMap<>())
        .computeIfAbsent(row, it -> json(query.represent().apply(it)));
  }

  private byte[] json(Object value) {
    try {
      return json.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a representation that cannot be written", e);
    }
  }
}
