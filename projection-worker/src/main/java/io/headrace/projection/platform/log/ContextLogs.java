package io.headrace.projection.platform.log;

import io.headrace.events.platform.RecordedEvent;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The logs of several command services as one: each has the contexts that its service serves.
 *
 * <p>They are read one after another, each in a snapshot of its own. That promises as much as one
 * snapshot of one log does: what a reader relies on is that nothing is missing that was committed
 * before it began, and the order within a stream, which is in one log. Between streams there is no
 * order either way.
 *
 * <p><b>Places.</b> With one log a place is that log's own. With several it says which contexts
 * have been read to their end, which are being read, and the place in their log: {@code
 * /<done>,…/<current>,…/<place>}. Should the operator deal the contexts out anew in the middle, it
 * is known which are read, and every other is read from its beginning: events that come twice are
 * told by their versions.
 */
final class ContextLogs implements EventLog {

  private final URI everywhereElse;
  private final Map<String, URI> byContext;
  private final Map<URI, EventLog> logs = new HashMap<>();

  /**
   * @param everywhereElse the service of the contexts that are not named
   * @param byContext the services of those that are
   */
  ContextLogs(URI everywhereElse, Map<String, URI> byContext, Function<URI, EventLog> open) {
    this.everywhereElse = everywhereElse;
    this.byContext = byContext;
    logs.put(everywhereElse, open.apply(everywhereElse));
    byContext.values().forEach(each -> logs.computeIfAbsent(each, open));
  }

  private URI service(String context) {
    return byContext.getOrDefault(context, everywhereElse);
  }

  private EventLog log(URI service) {
    EventLog log = logs.get(service);
    if (log == null) {
      throw new IllegalStateException("no log of " + service);
    }
    return log;
  }

  @Override
  public List<RecordedEvent> stream(String context, String streamId, long afterVersion, int limit)
      throws LogUnavailableException {
    return log(service(context)).stream(context, streamId, afterVersion, limit);
  }

  /** Contexts whose events are in one log. */
  private record Part(URI service, TreeSet<String> contexts) {}

  /** By the first of their contexts. */
  private List<Part> parts(Set<String> contexts) {
    Map<URI, Part> parts = new HashMap<>();
    Map<String, Part> sorted = new TreeMap<>();
    for (String context : new TreeSet<>(contexts)) {
      parts
          .computeIfAbsent(
              service(context),
              service -> {
                Part part = new Part(service, new TreeSet<>());
                sorted.put(context, part);
                return part;
              })
          .contexts
          .add(context);
    }
    return List.copyOf(sorted.values());
  }

  @Override
  public void read(Set<String> contexts, @Nullable String place, Reader reader)
      throws LogUnavailableException {
    List<Part> parts = parts(contexts);
    if (parts.size() == 1 && (place == null || !Reached.isIt(place))) {
      log(parts.getFirst().service).read(contexts, place, reader);
      return;
    }
    Reached reached = Reached.of(place);
    Set<String> done = new TreeSet<>(reached.done);
    for (Part part : parts) {
      if (done.containsAll(part.contexts)) {
        continue;
      }
      String from = reached.current.equals(part.contexts) ? reached.place : null;
      String prefix = Reached.prefix(done, part.contexts);
      AtomicBoolean goesOn = new AtomicBoolean(true);
      log(part.service)
          .read(
              part.contexts,
              from,
              (event, there) -> {
                goesOn.set(reader.event(event, prefix + there));
                return goesOn.get();
              });
      if (!goesOn.get()) {
        return;
      }
      done.addAll(part.contexts);
    }
  }

  /**
   * Where a reader of several logs has come to.
   *
   * @param place in the log of the current contexts
   */
  private record Reached(Set<String> done, Set<String> current, @Nullable String place) {

    private static final String MARK = "/";

    /** A log's own places are ids of events, which begin with the name of an aggregate. */
    static boolean isIt(String place) {
      return place.startsWith(MARK);
    }

    static Reached of(@Nullable String place) {
      if (place == null || !isIt(place)) {
        return new Reached(Set.of(), Set.of(), null);
      }
      String[] parts = place.substring(1).split(MARK, 3);
      if (parts.length != 3) {
        throw new IllegalArgumentException("this is no place in the event logs: " + place);
      }
      return new Reached(names(parts[0]), names(parts[1]), parts[2]);
    }

    private static Set<String> names(String text) {
      List<String> names = new ArrayList<>(List.of(text.split(",")));
      names.remove("");
      return new TreeSet<>(names);
    }

    static String prefix(Collection<String> done, Collection<String> current) {
      return MARK + String.join(",", done) + MARK + String.join(",", current) + MARK;
    }
  }
}
