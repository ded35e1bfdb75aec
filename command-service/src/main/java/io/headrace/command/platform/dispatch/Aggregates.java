package io.headrace.command.platform.dispatch;

import io.headrace.command.platform.binding.Shape;
import io.headrace.command.platform.binding.Shapes;
import io.headrace.command.platform.spi.AggregateDefinition;
import io.quarkus.arc.All;
import jakarta.inject.Singleton;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Every aggregate of this deployment, by context and collection. Immutable. */
@Singleton
public class Aggregates {

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*");

  /** First segments of paths that are the platform's own. */
  private static final Set<String> RESERVED = Set.of("q", "log", "commands");

  /** A place in the API, or why there is none. */
  public sealed interface Found {

    record Collection(Aggregate aggregate) implements Found {}

    record Command(Aggregate aggregate, Shape.RecordOf shape) implements Found {}

    record Nothing(String detail, List<String> known) implements Found {}
  }

  private final Map<String, Map<String, Aggregate>> byContext = new TreeMap<>();

  /**
   * @throws IllegalStateException if two of them share a place in the API or a kind of stream
   */
  public Aggregates(@All List<AggregateDefinition<?, ?, ?, ?>> definitions) {
    Shapes shapes = new Shapes();
    Set<String> names = new HashSet<>();
    for (AggregateDefinition<?, ?, ?, ?> definition : definitions) {
      Aggregate aggregate = new Aggregate(definition, shapes);
      if (RESERVED.contains(aggregate.context())) {
        throw new IllegalStateException(
            "no context can be called '%s': the platform serves that path"
                .formatted(aggregate.context()));
      }
      requireName(aggregate.collection());
      requireName(aggregate.name());
      // "gift-card-1" must not be a stream of two aggregates.
      for (String name : names) {
        if ((name + "-").startsWith(aggregate.name() + "-")
            || (aggregate.name() + "-").startsWith(name + "-")) {
          throw new IllegalStateException(
              "an aggregate cannot be called '%s' beside '%s': their streams could have the same id"
                  .formatted(aggregate.name(), name));
        }
      }
      Aggregate other =
          byContext
              .computeIfAbsent(aggregate.context(), c -> new TreeMap<>())
              .put(aggregate.collection(), aggregate);
      if (other != null) {
        throw new IllegalStateException(
            "two aggregates are at %s/%s".formatted(aggregate.context(), aggregate.collection()));
      }
      names.add(aggregate.name());
    }
  }

  private static void requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalStateException(
          "'%s' is no name of an aggregate or a collection: lower case letters, digits and dashes"
              .formatted(name));
    }
  }

  public Collection<Aggregate> all() {
    return byContext.values().stream().flatMap(c -> c.values().stream()).toList();
  }

  public Found find(String context, String collection) {
    Map<String, Aggregate> collections = byContext.get(context);
    if (collections == null) {
      return new Found.Nothing(
          "There is no context '%s'.".formatted(context), List.copyOf(byContext.keySet()));
    }
    Aggregate aggregate = collections.get(collection);
    return aggregate == null
        ? new Found.Nothing(
            "There is no collection '%s' in the context '%s'.".formatted(collection, context),
            List.copyOf(collections.keySet()))
        : new Found.Collection(aggregate);
  }

  public Found find(String context, String collection, String command) {
    return switch (find(context, collection)) {
      case Found.Collection(Aggregate aggregate) -> {
        Shape.RecordOf shape = aggregate.commands().get(command);
        yield shape == null
            ? new Found.Nothing(
                "There is no command '%s' for %s/%s.".formatted(command, context, collection),
                List.copyOf(aggregate.commands().keySet()))
            : new Found.Command(aggregate, shape);
      }
      case Found.Command command_ -> command_;
      case Found.Nothing nothing -> nothing;
    };
  }
}
