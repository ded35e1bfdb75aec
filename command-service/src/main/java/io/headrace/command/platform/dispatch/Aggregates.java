package io.headrace.command.platform.dispatch;

import io.headrace.command.platform.binding.Shape;
import io.headrace.command.platform.binding.Shapes;
import io.headrace.command.platform.spi.AggregateDefinition;
import io.quarkus.arc.All;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Every aggregate that this deployment serves, by context and collection. Immutable.
 *
 * <p>A deployment serves all contexts of its build, or those that the operator names: the others
 * are then served elsewhere, from a database of their own, and are looked for in vain here.
 */
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

    /**
     * A context of this build that another deployment serves.
     *
     * @param served the contexts that this one does
     */
    record Elsewhere(String context, List<String> served) implements Found {}
  }

  private static final String CONTEXTS = "HEADRACE_COMMANDS_CONTEXTS";

  private final Map<String, Map<String, Aggregate>> byContext = new TreeMap<>();
  private final Set<String> elsewhere;

  @Inject
  Aggregates(@All List<AggregateDefinition<?, ?, ?, ?>> definitions, CommandConfig config) {
    this(definitions, config.contexts().orElse(List.of()));
  }

  /**
   * @param served the contexts that are served here; none: all
   * @throws IllegalStateException if two of them share a place in the API or a kind of stream, or
   *     if a context is to be served that there is not
   */
  public Aggregates(
      List<? extends AggregateDefinition<?, ?, ?, ?>> definitions, List<String> served) {
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
    if (!served.isEmpty()) {
      requireKnown(served);
    }
    elsewhere = new TreeSet<>(served.isEmpty() ? Set.of() : byContext.keySet());
    served.forEach(elsewhere::remove);
    byContext.keySet().removeAll(elsewhere);
  }

  private void requireKnown(List<String> served) {
    Set<String> once = new HashSet<>();
    for (String context : served) {
      if (!byContext.containsKey(context)) {
        throw new IllegalStateException(
            "%s names the context '%s', which this build does not have; it has %s"
                .formatted(CONTEXTS, context, String.join(", ", byContext.keySet())));
      }
      if (!once.add(context)) {
        throw new IllegalStateException(
            "%s names the context '%s' twice".formatted(CONTEXTS, context));
      }
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

  /** The contexts that are served here, sorted. */
  public List<String> contexts() {
    return List.copyOf(byContext.keySet());
  }

  /** Whether it is a context of this build that another deployment serves. */
  public boolean isElsewhere(String context) {
    return elsewhere.contains(context);
  }

  public Found find(String context, String collection) {
    if (elsewhere.contains(context)) {
      return new Found.Elsewhere(context, contexts());
    }
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
      case Found.Elsewhere there -> there;
    };
  }
}
