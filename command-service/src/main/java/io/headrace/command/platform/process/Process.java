package io.headrace.command.platform.process;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.headrace.command.platform.spi.ProcessManager;
import io.headrace.command.platform.spi.Reaction;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.RecordedEvent;
import io.headrace.events.platform.Topics;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A process manager together with the stored form of its state. */
final class Process<S> {

  /** A state, and what its process does now. */
  record Step<S>(S state, List<Reaction> reactions) {}

  private final ProcessManager<S> manager;
  private final Set<String> topics;
  private final ObjectReader reader;
  private final ObjectWriter writer;

  Process(ProcessManager<S> manager) {
    this.manager = manager;
    this.topics =
        manager.contexts().stream().map(Topics::of).collect(Collectors.toUnmodifiableSet());
    this.reader = EventJson.mapper().readerFor(manager.stateType());
    this.writer = EventJson.mapper().writerFor(manager.stateType());
  }

  String name() {
    return manager.name();
  }

  /** The topics that it needs. */
  Set<String> topics() {
    return topics;
  }

  String keyOf(DomainEvent event) {
    return manager.keyOf(event);
  }

  S initial() {
    return manager.initial();
  }

  Step<S> handle(S state, DomainEvent event, RecordedEvent recorded) {
    S next = manager.evolve(state, event);
    return new Step<>(next, List.copyOf(manager.react(next, event, recorded)));
  }

  S read(@Nullable String json) throws JsonProcessingException {
    return json == null ? manager.initial() : reader.readValue(json);
  }

  String write(S state) throws JsonProcessingException {
    return writer.writeValueAsString(state);
  }
}
