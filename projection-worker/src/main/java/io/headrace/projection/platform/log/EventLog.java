package io.headrace.projection.platform.log;

import io.headrace.events.platform.RecordedEvent;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The event log, by way of the command service. Safe for use by many threads; calls block. */
public interface EventLog {

  /**
   * The events of one stream.
   *
   * @param limit the most that are answered
   * @return those after the version, in order; empty if there is none, or no such stream
   * @throws LogUnavailableException if there is no answer, or none that can be read
   */
  List<RecordedEvent> stream(String streamId, long afterVersion, int limit)
      throws LogUnavailableException;

  /**
   * All events of some contexts, as they stand at one moment after the call began: stream by
   * stream, of each all its events up to some version, in order. May be read on later from where it
   * was left; then the moment is a new one for what was not read yet.
   *
   * @param place behind which to begin; null: at the beginning
   * @throws LogUnavailableException also when the log breaks off before its end
   */
  void read(Set<String> contexts, @Nullable String place, Reader reader)
      throws LogUnavailableException;

  /** Called on the thread that reads. */
  interface Reader {

    /**
     * @param place behind this event
     * @return false to read no further
     */
    boolean event(RecordedEvent event, String place);
  }
}
