package io.headrace.command.platform.spi;

import io.headrace.events.platform.ContextEvents;
import io.headrace.events.platform.DomainEvent;
import java.util.List;

/**
 * Declares one kind of stream. A context provides it as a CDI bean ({@code @ApplicationScoped});
 * the platform does the rest: endpoints, validation, OpenAPI, the log, the cache and idempotency.
 *
 * <p>Command {@code PlaceOrder} of aggregate {@code order} in context {@code ordering} is served as
 * {@code POST /ordering/orders/{id}/place-order}; its events go to the stream {@code order-<id>}.
 *
 * @param <C> the sealed interface of the commands, each a record
 * @param <S> the state
 * @param <E> the events
 * @param <R> the rejections
 */
public interface AggregateDefinition<C, S, E extends DomainEvent, R extends Rejection> {

  /** The name of the aggregate in the singular, lower case: the prefix of its stream ids. */
  String aggregate();

  /** The name in the plural, lower case: the path segment. */
  String collection();

  /** The context and its events. */
  ContextEvents<E> events();

  /** The sealed interface of the commands. */
  Class<C> commandRoot();

  /**
   * Every permitted record of {@link #commandRoot()}; a test holds the two equal. Listed, not
   * discovered, so that a native image needs no reflection on the sealed hierarchy.
   */
  List<Class<? extends C>> commandTypes();

  /** The root type of the states: what {@code GET /{context}/{aggregates}/{id}} answers. */
  Class<S> stateType();

  Decider<C, S, E, R> decider();

  /**
   * To be raised when {@code evolve} folds the same events to another state and the types of the
   * state do not show it: snapshots that were taken before are then no longer used. A change of the
   * types does that by itself.
   */
  default int foldRevision() {
    return 1;
  }
}
