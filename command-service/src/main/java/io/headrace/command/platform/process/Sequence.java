package io.headrace.command.platform.process;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.headrace.command.platform.process.ProcessStore.Loaded;
import io.headrace.command.platform.process.ProcessStore.ParkedEvent;
import io.headrace.command.platform.process.ProcessStore.ProcessKey;
import io.headrace.command.platform.process.ProcessStore.StoredProcess;
import io.headrace.command.platform.process.ProcessStore.StreamKey;
import io.headrace.command.platform.spi.Reaction;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.IndexableText;
import io.headrace.events.platform.RecordedEvent;
import io.quarkus.logging.Log;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The events of one Kafka key in one batch, for one process manager, handled one after another. For
 * one thread.
 */
final class Sequence<S> {

  /** What became of an event. */
  enum Fate {
    HANDLED,
    DUPLICATE,
    IGNORED,
    PARKED
  }

  /** An event and the process it belongs to. */
  private record Item(ReceivedEvent event, ProcessKey process, @Nullable String fault) {}

  /** A process in the course of the batch; {@code state} is null while it was not folded here. */
  private record Running<S>(StoredProcess stored, @Nullable S state, boolean stopped) {}

  private static final String WAITS = "waits behind the parked event before it";

  private final Process<S> process;
  private final Commands commands;
  private final List<Item> items = new ArrayList<>();
  private final Map<ProcessKey, Running<S>> changed = new HashMap<>();
  private final Map<StreamKey, Long> advanced = new HashMap<>();
  private final List<ParkedEvent> parked = new ArrayList<>();
  private final Map<Fate, Integer> fates = new EnumMap<>(Fate.class);

  Sequence(Process<S> process, Commands commands) {
    this.process = process;
    this.commands = commands;
  }

  void add(ReceivedEvent event) {
    String key = event.partitionKey();
    String fault = event.fault();
    if (event.event() != null) {
      try {
        key = process.keyOf(event.event());
        if (!IndexableText.isIndexable(key)) {
          fault =
              "the key of its process has NUL or U+FFFD, or more than %d characters"
                  .formatted(IndexableText.MAX_LENGTH);
          key = IndexableText.of(key);
        }
      } catch (RuntimeException e) {
        fault = "its process cannot be told: " + e;
      }
    }
    items.add(new Item(event, new ProcessKey(process.name(), key), fault));
  }

  List<ProcessKey> processes() {
    return items.stream().map(Item::process).toList();
  }

  List<StreamKey> streams() {
    return items.stream()
        .filter(item -> item.event.recorded() != null)
        .map(item -> new StreamKey(process.name(), item.event.recorded().streamId()))
        .toList();
  }

  /** Returns when every command is answered. */
  void run(Loaded loaded) {
    for (Item item : items) {
      fates.merge(handle(item, loaded), 1, Integer::sum);
    }
  }

  private Fate handle(Item item, Loaded loaded) {
    RecordedEvent recorded = item.event.recorded();
    Running<S> running = changed.get(item.process);
    if (running == null) {
      StoredProcess stored = loaded.processes().getOrDefault(item.process, StoredProcess.NONE);
      running = new Running<>(stored, null, stored.stopped());
    }
    long seen = 0;
    if (recorded != null) {
      StreamKey stream = new StreamKey(process.name(), recorded.streamId());
      seen = advanced.getOrDefault(stream, loaded.streams().getOrDefault(stream, 0L));
      if (recorded.streamVersion() <= seen) {
        return Fate.DUPLICATE;
      }
    }
    if (running.stopped) {
      parked.add(new ParkedEvent(item.process, item.event, WAITS));
      return Fate.PARKED;
    }
    if (recorded == null || item.fault != null) {
      return stop(item, running, String.valueOf(item.fault));
    }
    if (recorded.streamVersion() > seen + 1) {
      return stop(
          item,
          running,
          "a gap: version %d of %s follows on version %d; what lies between was lost"
              .formatted(recorded.streamVersion(), recorded.streamId(), seen));
    }
    DomainEvent event = item.event.event();
    if (event == null) {
      advance(recorded);
      return Fate.IGNORED;
    }
    return fold(item, running, event, recorded);
  }

  private Fate fold(Item item, Running<S> running, DomainEvent event, RecordedEvent recorded) {
    Process.Step<S> step;
    try {
      S state = running.state != null ? running.state : process.read(running.stored.state());
      step = process.handle(state, event, recorded);
      process.write(step.state());
    } catch (JsonProcessingException | RuntimeException e) {
      Log.debugf(e, "process %s cannot handle %s", process.name(), recorded.id());
      return stop(item, running, "it cannot be handled: " + e);
    }
    for (Reaction reaction : step.reactions()) {
      String fault = commands.send(process.name(), recorded, reaction);
      if (fault != null) {
        return stop(item, running, fault);
      }
    }
    changed.put(item.process, new Running<>(running.stored, step.state(), false));
    advance(recorded);
    return Fate.HANDLED;
  }

  private void advance(RecordedEvent recorded) {
    advanced.put(new StreamKey(process.name(), recorded.streamId()), recorded.streamVersion());
  }

  /** Nothing more is folded into this process, so that the order is kept for the time after. */
  private Fate stop(Item item, Running<S> running, String cause) {
    Log.errorf(
        "process %s of %s stops at %s: %s",
        item.process.key(), process.name(), item.event.reference(), cause);
    parked.add(new ParkedEvent(item.process, item.event, cause));
    changed.put(item.process, new Running<>(running.stored, running.state, true));
    return Fate.PARKED;
  }

  void collect(ProcessStore.Changes changes) {
    changed.forEach((key, running) -> changes.processes().put(key, stored(running)));
    changes.streams().putAll(advanced);
    changes.parked().addAll(parked);
  }

  private StoredProcess stored(Running<S> running) {
    try {
      String state = running.state == null ? running.stored.state() : process.write(running.state);
      return new StoredProcess(state, running.stored.revision() + 1, running.stopped);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what was written once can be written again", e);
    }
  }

  String process() {
    return process.name();
  }

  Map<Fate, Integer> fates() {
    return fates;
  }
}
