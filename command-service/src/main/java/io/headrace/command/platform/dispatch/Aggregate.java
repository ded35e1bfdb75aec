package io.headrace.command.platform.dispatch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.command.platform.binding.Shape;
import io.headrace.command.platform.binding.Shapes;
import io.headrace.command.platform.dispatch.VersionedState.Recorded;
import io.headrace.command.platform.log.EventLog.LoggedEvent;
import io.headrace.command.platform.spi.AggregateDefinition;
import io.headrace.command.platform.spi.Decider;
import io.headrace.command.platform.spi.Decision;
import io.headrace.command.platform.spi.Rejection;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.UndecodableEventException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * One {@link AggregateDefinition} as the platform uses it. Here, and only here, its types are
 * erased: commands are bound to the definition's own records, and the events of a stream are
 * decoded by the definition's own catalogue, so the decider gets what it was written for.
 */
public final class Aggregate {

  /** Members of a problem (RFC 9457) that mean something else already. */
  private static final Set<String> PROBLEM_MEMBERS =
      Set.of("type", "title", "status", "detail", "instance", "errors");

  private final AggregateDefinition<?, ?, ?, ?> definition;
  private final Decider<Object, Object, DomainEvent, Rejection> decider;
  private final EventCatalogue catalogue;
  private final ObjectWriter stateWriter;
  private final ObjectReader stateReader;
  private final String shape;
  private final Map<String, Shape.RecordOf> commands = new TreeMap<>();

  @SuppressWarnings("unchecked") // see above
  Aggregate(AggregateDefinition<?, ?, ?, ?> definition, Shapes shapes) {
    this.definition = definition;
    this.decider = (Decider<Object, Object, DomainEvent, Rejection>) definition.decider();
    this.catalogue = new EventCatalogue(List.of(definition.events()));
    this.stateWriter = EventJson.mapper().writerFor(definition.stateType());
    this.stateReader = EventJson.mapper().readerFor(definition.stateType());
    this.shape = StateShape.of(definition.stateType(), definition.foldRevision());
    for (Class<?> type : definition.commandTypes()) {
      if (commands.put(Names.kebab(type), shapes.of(type)) != null) {
        throw new IllegalStateException(
            "two commands of %s/%s are named %s"
                .formatted(context(), collection(), Names.kebab(type)));
      }
    }
  }

  public String context() {
    return definition.events().context();
  }

  public String collection() {
    return definition.collection();
  }

  /** The name in the singular. */
  public String name() {
    return definition.aggregate();
  }

  public String streamId(String id) {
    return definition.aggregate() + "-" + id;
  }

  /** The commands by their names in kebab case, sorted. */
  public Map<String, Shape.RecordOf> commands() {
    return commands;
  }

  public Class<?> stateType() {
    return definition.stateType();
  }

  EventCatalogue catalogue() {
    return catalogue;
  }

  VersionedState initial() {
    return new VersionedState(decider.initial(), 0, 0, 0, List.of());
  }

  /** What a snapshot must have been written with to be read. */
  String shape() {
    return shape;
  }

  String snapshot(Object state) {
    return new String(json(state), StandardCharsets.UTF_8);
  }

  /**
   * @throws IllegalArgumentException if it is no JSON of a state
   */
  Object state(String snapshot) {
    try {
      return stateReader.readValue(snapshot);
    } catch (IOException e) {
      throw new IllegalArgumentException("no state of " + name(), e);
    }
  }

  /** The state that a snapshot holds. */
  VersionedState restored(long version, String snapshot) {
    return new VersionedState(state(snapshot), version, snapshot.length(), 0, null);
  }

  /** The state after some events, weighed now and then. */
  VersionedState after(VersionedState before, Object state, List<Recorded> events, long bytes) {
    long version = before.version() + events.size();
    var after =
        new VersionedState(
            state, version, before.measured(), before.since() + bytes, before.historyWith(events));
    return after.mustBeMeasured()
        ? new VersionedState(state, version, json(state).length, 0, null)
        : after;
  }

  private byte[] json(Object state) {
    try {
      return stateWriter.writeValueAsBytes(state);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the state of " + name() + " cannot be written as JSON", e);
    }
  }

  Decision<DomainEvent, Rejection> decide(Object command, Object state) {
    return decider.decide(command, state);
  }

  Object evolve(Object state, DomainEvent event) {
    return decider.evolve(state, event);
  }

  /**
   * @throws UndecodableEventException if the stream has an event that this code does not know
   */
  VersionedState fold(VersionedState from, List<LoggedEvent> events) {
    long version = from.version();
    List<Recorded> recorded = new ArrayList<>(events.size());
    for (LoggedEvent event : events) {
      if (event.streamVersion() != version + 1) {
        throw new UndecodableEventException(
            "version %d follows version %d".formatted(event.streamVersion(), version), null);
      }
      version = event.streamVersion();
      recorded.add(new Recorded(event.type(), event.payload()));
    }
    return apply(from, recorded);
  }

  /** The state after all events of a stream. */
  VersionedState replay(List<Recorded> events) {
    return apply(initial(), events);
  }

  private VersionedState apply(VersionedState from, List<Recorded> events) {
    Object state = from.state();
    long bytes = 0;
    for (Recorded event : events) {
      byte[] payload = event.payload().getBytes(StandardCharsets.UTF_8);
      DomainEvent decoded =
          catalogue
              .decode(event.type(), payload)
              .orElseThrow(
                  () ->
                      new UndecodableEventException(
                          "the event type " + event.type() + " is unknown to this version", null));
      state = decider.evolve(state, decoded);
      bytes += payload.length;
    }
    return after(from, state, events, bytes);
  }

  /** What {@code GET} answers. */
  public JsonNode stateJson(VersionedState versioned) {
    try {
      return EventJson.mapper().readTree(json(versioned.state()));
    } catch (IOException e) {
      throw new IllegalStateException("the state of " + name() + " cannot be written as JSON", e);
    }
  }

  /**
   * The components of a rejection as members of a problem. One that has the name of a member which
   * every problem has is prefixed with the aggregate's: {@code status} of an order becomes {@code
   * orderStatus}.
   */
  ObjectNode members(Rejection rejection) {
    ObjectNode all = EventJson.mapper().valueToTree(rejection);
    ObjectNode members = EventJson.mapper().createObjectNode();
    all.properties()
        .forEach(
            e -> {
              String name = e.getKey();
              members.set(
                  PROBLEM_MEMBERS.contains(name)
                      ? name() + Character.toUpperCase(name.charAt(0)) + name.substring(1)
                      : name,
                  e.getValue());
            });
    return members;
  }
}
