package io.headrace.events.platform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Translates between events and their wire form: a type name such as {@code
 * ordering.OrderPlaced.v1} and a UTF-8 JSON object. A tolerant reader: unknown fields are ignored,
 * older versions are upcast. Immutable and safe for use by many threads.
 */
public final class EventCatalogue {

  private final Map<Class<?>, Written> byClass = new HashMap<>();
  private final Map<String, Readable> byWireName = new HashMap<>();
  private final Set<String> contexts;

  /**
   * @throws IllegalArgumentException if two contexts or two types share a name
   */
  public EventCatalogue(Collection<? extends ContextEvents<?>> contexts) {
    contexts.forEach(this::add);
    this.contexts =
        contexts.stream().map(ContextEvents::context).collect(Collectors.toUnmodifiableSet());
    if (this.contexts.size() != contexts.size()) {
      throw new IllegalArgumentException(
          "two contexts share a name: "
              + contexts.stream().map(ContextEvents::context).sorted().toList());
    }
  }

  private void add(ContextEvents<?> events) {
    for (EventType<?> type : events.types()) {
      String wireName = wireName(events.context(), type.name(), type.version());
      byClass.put(
          type.type(),
          new Written(events.context(), wireName, EventJson.mapper().writerFor(type.type())));
      ObjectReader reader = EventJson.mapper().readerFor(type.type());
      for (int version = 1; version <= type.version(); version++) {
        List<Upcaster> steps = type.upcasters().subList(version - 1, type.version() - 1);
        Readable previous =
            byWireName.put(
                wireName(events.context(), type.name(), version), new Readable(reader, steps));
        if (previous != null) {
          throw new IllegalArgumentException("two event types share the name " + wireName);
        }
      }
    }
  }

  /**
   * {@code <context>.<name>.v<version>}, the value of {@code ce_type} and of the log's event type.
   */
  public static String wireName(String context, String name, int version) {
    return context + "." + name + ".v" + version;
  }

  /** The names of the contexts known here. */
  public Set<String> contexts() {
    return contexts;
  }

  /**
   * @throws IllegalArgumentException if the event's class is in no context: a defect
   */
  public Encoded encode(DomainEvent event) {
    Written written = byClass.get(event.getClass());
    if (written == null) {
      throw new IllegalArgumentException(
          event.getClass().getName() + " is listed in no context's events");
    }
    try {
      return new Encoded(
          written.context, written.wireName, written.writer.writeValueAsBytes(event));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("cannot write " + written.wireName + " as JSON", e);
    }
  }

  /**
   * @return the event, or empty if the type is unknown here (newer than this reader, or another
   *     context's)
   * @throws UndecodableEventException if the type is known and the payload does not fit it
   */
  public Optional<DomainEvent> decode(String wireName, byte[] payload) {
    Readable readable = byWireName.get(wireName);
    return readable == null ? Optional.empty() : Optional.of(readable.read(wireName, payload));
  }

  /** An event in its wire form; {@code payload} is UTF-8 JSON. */
  public record Encoded(String context, String type, byte[] payload) {}

  private record Written(String context, String wireName, ObjectWriter writer) {}

  private record Readable(ObjectReader reader, List<Upcaster> upcasters) {

    DomainEvent read(String wireName, byte[] payload) {
      try {
        if (upcasters.isEmpty()) {
          return reader.readValue(payload);
        }
        JsonNode tree = EventJson.mapper().readTree(payload);
        if (!(tree instanceof ObjectNode object)) {
          throw new UndecodableEventException(wireName + " is not a JSON object", null);
        }
        for (Upcaster upcaster : upcasters) {
          object = upcaster.upcast(object);
        }
        return reader.readValue(object);
      } catch (IOException e) {
        throw new UndecodableEventException("cannot read " + wireName + ": " + e.getMessage(), e);
      }
    }
  }
}
