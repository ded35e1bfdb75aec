package io.headrace.projection.platform.engine;

import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.EventType;
import io.headrace.events.platform.RecordedEvent;
import io.headrace.events.platform.Topics;
import io.headrace.projection.platform.view.Occurrence;
import io.headrace.projection.platform.view.Rollup;
import io.headrace.projection.platform.view.Source;
import io.headrace.projection.platform.view.View;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A view made ready to run: checked, and looked up by context and type. */
final class CompiledView<R extends Record> {

  private static final Pattern SQL_NAME = Pattern.compile("[a-z][a-z0-9_]*");

  private final View<R> view;
  private final RecordCodec<R> codec;
  private final Map<String, Source<R, ?>> sources = new HashMap<>();
  private final Set<String> ignoredTypes = new HashSet<>();
  private final Set<String> topics = new HashSet<>();
  private final List<CompiledRollup<R, ?, ?>> rollups;

  CompiledView(View<R> view) {
    this.view = view;
    requireSqlName(view.name());
    this.codec = RecordCodec.of(view.rowType());
    if (codec.columns().getFirst().kind() != RecordCodec.Kind.TEXT) {
      throw new IllegalStateException(
          "view %s: the first component of %s is its key and must be a String"
              .formatted(view.name(), view.rowType().getName()));
    }
    view.sources().forEach(this::add);
    this.rollups = view.rollups().stream().<CompiledRollup<R, ?, ?>>map(this::compile).toList();
  }

  private void add(Source<R, ?> source) {
    String context = source.events().context();
    if (sources.put(context, source) != null) {
      throw new IllegalStateException(
          "view %s has two sources for the context %s".formatted(view.name(), context));
    }
    topics.add(Topics.of(context));
    for (EventType<?> type : source.events().types()) {
      for (int version = 1; version <= type.version(); version++) {
        if (source.ignored().contains(type.type())) {
          ignoredTypes.add(EventCatalogue.wireName(context, type.name(), version));
        }
      }
    }
  }

  private <K extends Record, M extends Record> CompiledRollup<R, K, M> compile(
      Rollup<R, K, M> rollup) {
    requireSqlName(rollup.name());
    return new CompiledRollup<>(rollup);
  }

  /** Names go into SQL text as they are. */
  private static void requireSqlName(String name) {
    if (!SQL_NAME.matcher(name).matches()) {
      throw new IllegalStateException(
          "'%s' is no name for a table: lower case letters, digits, underscores".formatted(name));
    }
  }

  String name() {
    return view.name();
  }

  int version() {
    return view.version();
  }

  RecordCodec<R> codec() {
    return codec;
  }

  List<CompiledRollup<R, ?, ?>> rollups() {
    return rollups;
  }

  /** The names of its tables, without the generation: the rows, and the rollups. */
  List<String> tables() {
    List<String> names = new ArrayList<>(List.of(name()));
    rollups.forEach(rollup -> names.add(rollup.name()));
    return names;
  }

  Set<String> topics() {
    return topics;
  }

  Set<String> contexts() {
    return sources.keySet();
  }

  /** Whether the view asks for events of this type, whether or not they can be read. */
  boolean wants(RecordedEvent event) {
    return sources.containsKey(event.context()) && !ignoredTypes.contains(event.type());
  }

  Collection<String> keysOf(RecordedEvent recorded, DomainEvent event) {
    return keysOf(source(recorded), event);
  }

  private <E extends DomainEvent> Collection<String> keysOf(
      Source<R, E> source, DomainEvent event) {
    return source.keysOf().apply(source.events().root().cast(event));
  }

  @Nullable R evolve(@Nullable R row, String key, RecordedEvent recorded, DomainEvent event) {
    return evolve(
        source(recorded),
        row,
        event,
        new Occurrence(
            key,
            recorded.streamId(),
            recorded.streamVersion(),
            recorded.recordedAt(),
            recorded.metadata()));
  }

  private <E extends DomainEvent> @Nullable R evolve(
      Source<R, E> source, @Nullable R row, DomainEvent event, Occurrence occurrence) {
    R next = source.evolve().evolve(row, source.events().root().cast(event), occurrence);
    if (next == null) {
      return null;
    }
    R canonical = codec.canonical(next);
    Object key = codec.value(canonical, 0);
    if (!occurrence.key().equals(key)) {
      throw new IllegalStateException(
          "the row folded for the key %s has the key %s".formatted(occurrence.key(), key));
    }
    return canonical;
  }

  private Source<R, ?> source(RecordedEvent recorded) {
    Source<R, ?> source = sources.get(recorded.context());
    if (source == null) {
      throw new IllegalArgumentException(name() + " has no source for " + recorded.context());
    }
    return source;
  }
}
