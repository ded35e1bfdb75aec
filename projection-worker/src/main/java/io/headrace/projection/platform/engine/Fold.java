package io.headrace.projection.platform.engine;

import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.IndexableText;
import io.headrace.events.platform.RecordedEvent;
import io.headrace.projection.platform.engine.CompiledRollup.Change;
import io.headrace.projection.platform.engine.CompiledRollup.Deltas;
import io.headrace.projection.platform.engine.Lane.Parked;
import io.headrace.projection.platform.engine.Lane.Reason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What some records do to a view, worked out in memory: given what the tables hold, it says what
 * they should hold. It talks to no database, so it can be tried on every interleaving and split.
 *
 * <p>Used once, in this order: {@link #streams}, {@link #take}, {@link #keysBut}, {@link #fold},
 * the results.
 */
final class Fold<R extends Record> {

  private final CompiledView<R> view;
  private final List<Inbound> records;
  private final Map<String, Long> versions = new HashMap<>();
  private Set<String> known = Set.of();
  private final Map<String, Long> advanced = new TreeMap<>();
  private final NavigableMap<String, List<Step>> steps = new TreeMap<>();
  private final Map<Inbound, Keys> keys = new IdentityHashMap<>();
  private final List<Parked> parked = new ArrayList<>();
  private final List<Parked> unreadable = new ArrayList<>();
  private final List<Written<R>> inserts = new ArrayList<>();
  private final List<Written<R>> updates = new ArrayList<>();
  private final List<String> deletes = new ArrayList<>();
  private final List<Rolled<R, ?, ?>> rolled;
  private int taken;
  private int duplicates;

  /**
   * @param records those of one partition in the order of their offsets
   */
  Fold(CompiledView<R> view, List<Inbound> records) {
    this.view = view;
    this.records = records;
    this.rolled = view.rollups().stream().<Rolled<R, ?, ?>>map(Rolled::of).toList();
  }

  /** The streams whose versions {@link #take} needs. */
  Set<String> streams() {
    Set<String> streams = new HashSet<>();
    for (Inbound inbound : records) {
      if (inbound.recorded() != null) {
        streams.add(inbound.recorded().streamId());
      }
    }
    return streams;
  }

  /**
   * The keys of all rows that these records can touch, ascending; known before any version is.
   * {@link #keysBut} are among them, and nearly always the same: an event that was taken before, or
   * whose stream has stopped, is rare.
   */
  Collection<String> keysAtMost() {
    Set<String> all = new TreeSet<>();
    for (Inbound inbound : records) {
      RecordedEvent recorded = inbound.recorded();
      DomainEvent event = inbound.event();
      if (recorded != null && event != null && inbound.defect() == null && view.wants(recorded)) {
        all.addAll(keysOf(inbound, recorded, event).keys);
      }
    }
    return all;
  }

  /**
   * Drops what was taken before, stops streams that have a gap, and finds the rows that the rest
   * touches.
   *
   * @param known the last version taken of each stream; absent for a stream not seen yet
   * @param parkedStreams the streams that wait behind a parked event
   */
  void take(Map<String, Long> known, Set<String> parkedStreams) {
    this.known = known.keySet();
    versions.putAll(known);
    Set<String> stopped = new HashSet<>(parkedStreams);
    for (Inbound inbound : records) {
      RecordedEvent recorded = inbound.recorded();
      if (recorded == null) {
        parkRecord(inbound, inbound.defect() == null ? "unreadable" : inbound.defect());
        continue;
      }
      String stream = recorded.streamId();
      long last = versions.getOrDefault(stream, 0L);
      if (recorded.streamVersion() <= last) {
        duplicates++;
      } else if (stopped.contains(stream)) {
        parked.add(new Parked(new Lane(Lane.Kind.STREAM, stream), inbound, null, null));
      } else if (recorded.streamVersion() > last + 1) {
        stopped.add(stream);
        stop(
            inbound,
            Reason.GAP,
            "version %d of the stream has not arrived, but %d has"
                .formatted(last + 1, recorded.streamVersion()));
      } else if (plan(inbound, recorded)) {
        versions.put(stream, recorded.streamVersion());
        advanced.put(stream, recorded.streamVersion());
        taken++;
      } else {
        stopped.add(stream);
      }
    }
  }

  /**
   * @return false if the stream has to stop here: without its keys, nobody knows which rows an
   *     event touches, and so only its stream can wait for it
   */
  private boolean plan(Inbound inbound, RecordedEvent recorded) {
    if (!view.wants(recorded)) {
      return true;
    }
    if (inbound.defect() != null) {
      stop(inbound, Reason.UNDECODABLE, inbound.defect());
      return false;
    }
    DomainEvent event = inbound.event();
    if (event == null) {
      return true; // Of a type that this version of the code does not know.
    }
    Keys found = keysOf(inbound, recorded, event);
    if (found.failure != null) {
      stop(inbound, Reason.FAILED, Inbound.describe(found.failure));
      return false;
    }
    for (String key : found.keys) {
      plan(key, inbound, recorded, event);
    }
    return true;
  }

  /**
   * The key of the row that a lane stands for.
   *
   * @throws IllegalStateException if the lane has another name than its key, and the view gives the
   *     event no such key any more
   */
  private String keyOf(Lane lane, Inbound inbound, RecordedEvent recorded, DomainEvent event) {
    if (IndexableText.isIndexable(lane.id())) {
      return lane.id();
    }
    return keysOf(inbound, recorded, event).keys.stream()
        .filter(key -> Lane.ofKey(key).equals(lane))
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("no row of the event has this key: rebuild the view"));
  }

  /** All keys before the first is used: an event is planned whole or not at all. */
  private Keys keysOf(Inbound inbound, RecordedEvent recorded, DomainEvent event) {
    return keys.computeIfAbsent(
        inbound,
        _ -> {
          try {
            return new Keys(List.copyOf(new LinkedHashSet<>(view.keysOf(recorded, event))), null);
          } catch (RuntimeException e) {
            return new Keys(List.of(), e);
          }
        });
  }

  /**
   * @param failure what the view threw when it was asked
   */
  private record Keys(List<String> keys, @Nullable RuntimeException failure) {}

  /**
   * Instead of {@link #take}: events that wait behind a row's key, and have moved their streams on
   * already.
   */
  void redrive(Lane lane) {
    for (Inbound inbound : records) {
      RecordedEvent recorded = inbound.recorded();
      DomainEvent event = inbound.event();
      if (!unreadable.isEmpty()) {
        unreadable.add(new Parked(lane, inbound, null, null));
      } else if (inbound.defect() != null) {
        unreadable.add(new Parked(lane, inbound, Reason.UNDECODABLE, inbound.defect()));
      } else if (recorded != null && event != null && view.wants(recorded)) {
        try {
          plan(keyOf(lane, inbound, recorded, event), inbound, recorded, event);
        } catch (IllegalStateException e) {
          unreadable.add(new Parked(lane, inbound, Reason.FAILED, e.getMessage()));
        }
      }
    }
  }

  private void plan(String key, Inbound inbound, RecordedEvent recorded, DomainEvent event) {
    steps.computeIfAbsent(key, _ -> new ArrayList<>()).add(new Step(inbound, recorded, event));
  }

  private void stop(Inbound inbound, Reason reason, String cause) {
    RecordedEvent recorded = inbound.recorded();
    String stream = recorded == null ? "" : recorded.streamId();
    parked.add(new Parked(new Lane(Lane.Kind.STREAM, stream), inbound, reason, cause));
  }

  /** The last resort: the record is kept where nothing of it has to be understood. */
  void parkRecord(Inbound inbound, String cause) {
    parked.add(
        new Parked(
            new Lane(Lane.Kind.RECORD, inbound.address()), inbound, Reason.UNDECODABLE, cause));
  }

  /** The lanes in which events of these rows wait, if any does. */
  List<String> lanes() {
    return steps.keySet().stream().map(key -> Lane.ofKey(key).id()).toList();
  }

  /** The keys of the rows that {@link #fold} needs, ascending: those of which no event waits. */
  List<String> keysBut(Set<String> parkedLanes) {
    return steps.keySet().stream().filter(key -> !waits(key, parkedLanes)).toList();
  }

  private static boolean waits(String key, Set<String> parkedLanes) {
    return !parkedLanes.isEmpty() && parkedLanes.contains(Lane.ofKey(key).id());
  }

  /**
   * Folds the events into the rows.
   *
   * @param rows those that exist; others than {@link #keysBut} do not matter
   * @param broken by key: why a row that exists could not be read
   * @param parkedLanes those of {@link #lanes} that exist
   */
  void fold(Map<String, R> rows, Map<String, String> broken, Set<String> parkedLanes) {
    fold(rows, broken, parkedLanes, Map.of());
  }

  /**
   * @param refused by key: why PostgreSQL has refused what came of it
   */
  void fold(
      Map<String, R> rows,
      Map<String, String> broken,
      Set<String> parkedLanes,
      Map<String, String> refused) {
    steps.forEach(
        (key, events) -> {
          if (waits(key, parkedLanes)) {
            park(key, events, null, null);
          } else if (refused.containsKey(key)) {
            park(key, events, Reason.REFUSED, refused.get(key));
          } else if (broken.containsKey(key)) {
            park(key, events, Reason.FAILED, broken.get(key));
          } else {
            foldRow(key, rows.get(key), events);
          }
        });
    parked.addAll(unreadable); // Of a redriven key, and later than all else of it.
  }

  /** What the events of one row come to; of what parks, nothing is to be used. */
  Fold<R> only(String key, Map<String, R> rows, Map<String, String> broken) {
    Fold<R> one = new Fold<>(view, records);
    one.steps.put(key, steps.getOrDefault(key, List.of()));
    one.fold(rows, broken, Set.of());
    return one;
  }

  private void foldRow(String key, @Nullable R before, List<Step> events) {
    R row = before;
    int done = 0;
    try {
      for (Step step : events) {
        row = view.evolve(row, key, step.recorded, step.event);
        done++;
      }
    } catch (RuntimeException e) {
      park(key, events.subList(done, events.size()), Reason.FAILED, Inbound.describe(e));
    }
    try {
      write(key, before, row);
    } catch (RuntimeException e) {
      // Some row on the way cannot be written or counted. Find the event that led to it.
      foldRowCarefully(key, before, events.subList(0, done));
    }
  }

  private void foldRowCarefully(String key, @Nullable R before, List<Step> events) {
    R row = before;
    int done = 0;
    try {
      changes(before, before);
      for (Step step : events) {
        R next = view.evolve(row, key, step.recorded, step.event);
        changes(row, next);
        if (next != null) {
          view.codec().encode(next);
        }
        row = next;
        done++;
      }
    } catch (RuntimeException e) {
      // In front of those that foldRow may have parked: they come later.
      int at = parked.size() - countParkedLast(key);
      List<Parked> these = new ArrayList<>();
      park(these, key, events.subList(done, events.size()), Reason.FAILED, Inbound.describe(e));
      parked.addAll(at, these);
    }
    if (done > 0) {
      write(key, before, row);
    }
  }

  private int countParkedLast(String key) {
    int count = 0;
    Lane lane = Lane.ofKey(key);
    for (int i = parked.size() - 1; i >= 0 && parked.get(i).lane().equals(lane); i--) {
      count++;
    }
    return count;
  }

  private void write(String key, @Nullable R before, @Nullable R after) {
    if (before == null ? after == null : before.equals(after)) {
      return;
    }
    // Both may throw; nothing is kept until neither has.
    List<Change<?, ?>> changes = changes(before, after);
    @Nullable String @Nullable [] texts = after == null ? null : view.codec().encode(after);
    for (int i = 0; i < changes.size(); i++) {
      rolled.get(i).add(changes.get(i));
    }
    if (after == null || texts == null) {
      deletes.add(key);
    } else if (before == null) {
      inserts.add(new Written<>(key, after, texts));
    } else {
      updates.add(new Written<>(key, after, texts));
    }
  }

  private List<Change<?, ?>> changes(@Nullable R before, @Nullable R after) {
    List<Change<?, ?>> changes = new ArrayList<>();
    for (Rolled<R, ?, ?> each : rolled) {
      changes.add(each.rollup.change(before, after));
    }
    return changes;
  }

  /**
   * Brings what was read of the tables, before these results were written or after, to what it is
   * after.
   */
  void putOver(Map<String, Long> known, Map<String, R> rows) {
    known.putAll(versions());
    inserts.forEach(each -> rows.put(each.key(), each.row()));
    updates.forEach(each -> rows.put(each.key(), each.row()));
    deletes.forEach(rows::remove);
  }

  private void park(
      String key, List<Step> events, @Nullable Reason reason, @Nullable String cause) {
    park(parked, key, events, reason, cause);
  }

  private static void park(
      List<Parked> to,
      String key,
      List<Step> events,
      @Nullable Reason reason,
      @Nullable String cause) {
    Lane lane = Lane.ofKey(key);
    for (int i = 0; i < events.size(); i++) {
      Inbound inbound = events.get(i).inbound;
      to.add(new Parked(lane, inbound, i == 0 ? reason : null, i == 0 ? cause : null));
    }
  }

  /** New versions of the streams that moved. */
  Map<String, Long> versions() {
    return advanced;
  }

  /** Those of them that had no version before. */
  Map<String, Long> firstVersions() {
    return versionsOf(stream -> !known.contains(stream));
  }

  /** The others. */
  Map<String, Long> nextVersions() {
    return versionsOf(known::contains);
  }

  private Map<String, Long> versionsOf(Predicate<String> streams) {
    Map<String, Long> some = new LinkedHashMap<>();
    advanced.forEach(
        (stream, version) -> {
          if (streams.test(stream)) {
            some.put(stream, version);
          }
        });
    return some;
  }

  List<Parked> parked() {
    return parked;
  }

  /** In key order. */
  List<Written<R>> inserts() {
    return inserts;
  }

  List<Written<R>> updates() {
    return updates;
  }

  List<String> deletes() {
    return deletes;
  }

  List<Rolled<R, ?, ?>> rolled() {
    return rolled;
  }

  /** How many events moved their stream on. */
  int taken() {
    return taken;
  }

  int duplicates() {
    return duplicates;
  }

  private record Step(Inbound inbound, RecordedEvent recorded, DomainEvent event) {}

  /**
   * @param texts the row's columns
   */
  record Written<R extends Record>(String key, R row, @Nullable String[] texts) {}

  /** A rollup and what this batch adds to its totals. */
  record Rolled<R extends Record, K extends Record, M extends Record>(
      CompiledRollup<R, K, M> rollup, Deltas<K, M> deltas) {

    static <R extends Record, K extends Record, M extends Record> Rolled<R, K, M> of(
        CompiledRollup<R, K, M> rollup) {
      return new Rolled<>(rollup, rollup.deltas());
    }

    @SuppressWarnings("unchecked") // The change was made by this very rollup.
    void add(Change<?, ?> change) {
      deltas.add((Change<K, M>) change);
    }
  }

  /** The parked lanes that begin here, sorted: all transactions create them in one order. */
  Set<Lane> newLanes() {
    Set<Lane> lanes = new TreeSet<>();
    for (Parked each : parked) {
      if (each.reason() != null) {
        lanes.add(each.lane());
      }
    }
    return lanes;
  }
}
