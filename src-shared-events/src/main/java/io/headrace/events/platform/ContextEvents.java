package io.headrace.events.platform;

import java.util.List;

/**
 * The events of one bounded context.
 *
 * @param context the context's name: lower case, also the prefix of its topic and event types
 * @param root the sealed interface of the events
 * @param types every permitted record of {@code root}; a test holds the two equal. They are listed,
 *     not discovered, so that a native image needs no reflection on the sealed hierarchy.
 */
public record ContextEvents<E extends DomainEvent>(
    String context, Class<E> root, List<EventType<E>> types) {

  public ContextEvents {
    types = List.copyOf(types);
    if (!context.matches("[a-z][a-z0-9]*")) {
      throw new IllegalArgumentException(
          "a context's name is lower case letters and digits, not '" + context + "'");
    }
  }

  /** All types at version 1, named as their records. */
  public static <E extends DomainEvent> ContextEvents<E> of(
      String context, Class<E> root, List<Class<? extends E>> types) {
    return new ContextEvents<>(context, root, types.stream().map(EventType::<E>of).toList());
  }
}
