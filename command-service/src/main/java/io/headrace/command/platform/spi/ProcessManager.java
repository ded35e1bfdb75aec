package io.headrace.command.platform.spi;

import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.RecordedEvent;
import java.util.List;
import java.util.Set;

/**
 * Reacts to events of one or several contexts with commands. A context provides it as a CDI bean.
 *
 * <p>Events of one process (one {@link #keyOf key}) are handled one after another, in stream order
 * for each stream and in any order between streams; an event is folded into the state exactly once,
 * and its commands take effect exactly once: they carry an idempotency key derived from the causing
 * event and the step.
 *
 * @param <S> the state of one process: an immutable record registered for reflection
 */
public interface ProcessManager<S> {

  /** Stable and unique: lower case with dashes. It names stored state, so it never changes. */
  String name();

  /** The context that it belongs to: it runs where that one is served, and nowhere else. */
  String context();

  /** The contexts whose events it needs. */
  Set<String> contexts();

  /**
   * The process that an event belongs to, usually its partition key. Events of one process share
   * one partition key, for Kafka keeps the order, and one replica the processing, only within that;
   * events of one stream belong to one process. Pure.
   */
  String keyOf(DomainEvent event);

  Class<S> stateType();

  S initial();

  /** Pure. */
  S evolve(S state, DomainEvent event);

  /**
   * What to do now that {@code event} led to {@code state}. Pure; the same answer for the same
   * input, always.
   */
  List<Reaction> react(S state, DomainEvent event, RecordedEvent recorded);
}
