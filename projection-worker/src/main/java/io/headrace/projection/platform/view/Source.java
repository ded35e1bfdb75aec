package io.headrace.projection.platform.view;

import io.headrace.events.platform.ContextEvents;
import io.headrace.events.platform.DomainEvent;
import java.util.Collection;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a view takes from one context, and how.
 *
 * @param events the context's contract
 * @param ignored the event types that this view has no use for: they are not even decoded for it
 * @param keysOf the keys of the rows that an event touches; may be empty
 * @param evolve called once for each of those keys
 */
public record Source<R extends Record, E extends DomainEvent>(
    ContextEvents<E> events,
    Set<Class<? extends E>> ignored,
    Function<E, ? extends Collection<String>> keysOf,
    Evolve<R, E> evolve) {

  public Source {
    ignored = Set.copyOf(ignored);
  }

  /** Every event of the context, each touching one row. */
  public static <R extends Record, E extends DomainEvent> Source<R, E> of(
      ContextEvents<E> events, Function<E, String> keyOf, Evolve<R, E> evolve) {
    return new Source<>(events, Set.of(), event -> Set.of(keyOf.apply(event)), evolve);
  }

  public Source<R, E> ignoring(Set<Class<? extends E>> types) {
    return new Source<>(events, types, keysOf, evolve);
  }

  /** Pure: the same row, event and occurrence give the same result, and nothing else happens. */
  @FunctionalInterface
  public interface Evolve<R extends Record, E extends DomainEvent> {

    /**
     * @param row null where there is none yet
     * @return the row as it is after the event; null deletes it
     */
    @Nullable R evolve(@Nullable R row, E event, Occurrence occurrence);
  }
}
