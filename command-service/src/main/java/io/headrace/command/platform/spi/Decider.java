package io.headrace.command.platform.spi;

/**
 * The rules of one kind of stream. Every method is pure: the clock, ids and prices come in with the
 * command, and nothing is remembered between calls.
 *
 * @param <C> the sealed interface of the commands
 * @param <S> the sealed interface (or record) of the states; immutable
 * @param <E> the sealed interface of the events
 * @param <R> the sealed interface of the rejections
 */
public interface Decider<C, S, E, R extends Rejection> {

  /** The state of a stream without events. */
  S initial();

  Decision<E, R> decide(C command, S state);

  /** Total: an event that was once recorded is never refused. */
  S evolve(S state, E event);
}
