package io.headrace.command.platform.spi;

import java.util.List;

/**
 * What a decider answers to a command.
 *
 * @param <E> the events of the context
 * @param <R> its rejections
 */
public sealed interface Decision<E, R extends Rejection> {

  /**
   * The command is carried out.
   *
   * @param events in the order in which they are appended; none if the command changes nothing, for
   *     example because it was carried out before
   */
  record Accepted<E, R extends Rejection>(List<E> events) implements Decision<E, R> {

    public Accepted {
      events = List.copyOf(events);
    }
  }

  /** A rule of the business forbids the command; nothing is appended. */
  record Rejected<E, R extends Rejection>(R reason) implements Decision<E, R> {}

  @SafeVarargs
  @SuppressWarnings("varargs")
  static <E, R extends Rejection> Decision<E, R> accept(E... events) {
    return new Accepted<>(List.of(events));
  }

  static <E, R extends Rejection> Decision<E, R> reject(R reason) {
    return new Rejected<>(reason);
  }
}
