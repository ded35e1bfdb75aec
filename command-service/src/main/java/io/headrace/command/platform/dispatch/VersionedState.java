package io.headrace.command.platform.dispatch;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of a stream at a version.
 *
 * @param measured what the state weighed when it was last measured, in bytes of JSON
 * @param since the bytes of the events since then: it cannot have grown by more
 * @param history all events of the stream, or null where they are many, or not at hand
 */
public record VersionedState(
    Object state, long version, long measured, long since, @Nullable List<Recorded> history)
    implements Kept {

  /** An event as the log has it. */
  record Recorded(String type, String payload) {}

  /** Measured again when the events since then weigh as much as the state did, or this. */
  private static final long SLACK = 8 * 1024;

  /** Decoding more would take longer than the collector does with the state that they make. */
  private static final int SHORT = 4;

  /** At most what it weighs. */
  @Override
  public long bytes() {
    return measured + since;
  }

  boolean mustBeMeasured() {
    return since > Math.max(SLACK, measured);
  }

  /** The history after these events too. */
  @Nullable List<Recorded> historyWith(List<Recorded> events) {
    if (history == null || history.size() + events.size() > SHORT) {
      return null;
    }
    if (history.isEmpty()) {
      return events;
    }
    List<Recorded> all = new ArrayList<>(history);
    all.addAll(events);
    return List.copyOf(all);
  }

  @Override
  public VersionedState restore(Aggregate aggregate) {
    return this;
  }
}
