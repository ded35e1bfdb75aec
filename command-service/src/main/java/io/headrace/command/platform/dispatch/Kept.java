package io.headrace.command.platform.dispatch;

import io.headrace.command.platform.dispatch.VersionedState.Recorded;
import java.util.List;

/** What is kept in memory of a stream. */
sealed interface Kept permits VersionedState, Kept.Events {

  long version();

  /** About what it weighs. */
  long bytes();

  /**
   * @throws RuntimeException what the context's code throws where it does not understand its own
   *     events
   */
  VersionedState restore(Aggregate aggregate);

  /**
   * A short stream is kept as its events. Under load, what is kept of new streams makes up most of
   * what the collector has to copy and to find dead much later, when it is old: a state is dozens
   * of objects, a payload two.
   */
  record Events(long version, long bytes, List<Recorded> history) implements Kept {
    @Override
    public VersionedState restore(Aggregate aggregate) {
      return aggregate.replay(history);
    }
  }

  static Kept of(VersionedState state) {
    List<Recorded> history = state.history();
    return history == null ? state : new Events(state.version(), state.bytes(), history);
  }
}
