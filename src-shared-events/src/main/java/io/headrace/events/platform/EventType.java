package io.headrace.events.platform;

import java.util.List;

/**
 * One event type of a context: its name, the version that the code writes, and the upcasters that
 * lift older versions to it.
 *
 * @param type the record that holds the event
 * @param name the name on the wire, by convention the record's simple name
 * @param version the version written, starting at 1
 * @param upcasters {@code version - 1} steps; the first lifts version 1 to 2, the last lifts to
 *     {@code version}
 */
public record EventType<E extends DomainEvent>(
    Class<? extends E> type, String name, int version, List<Upcaster> upcasters) {

  public EventType {
    upcasters = List.copyOf(upcasters);
    if (version < 1) {
      throw new IllegalArgumentException(name + ": a version starts at 1, not at " + version);
    }
    if (upcasters.size() != version - 1) {
      throw new IllegalArgumentException(
          "%s version %d needs %d upcasters, one for each older version, but has %d"
              .formatted(name, version, version - 1, upcasters.size()));
    }
  }

  /** The first version of an event type. */
  public static <E extends DomainEvent> EventType<E> of(Class<? extends E> type) {
    return new EventType<>(type, type.getSimpleName(), 1, List.of());
  }
}
