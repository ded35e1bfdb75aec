package io.headrace.projection.platform.log;

import io.headrace.events.platform.RecordedEvent;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The event log, by way of the command services. Safe for use by many threads; calls block. */
public interface EventLog {

  /**
   * The events of one stream.
   *
   * @param context that the stream is of
   * @param limit the most that are answered
   * @return those after the version, in order; empty if there is none, or no such stream
   * @throws LogUnavailableException if there is no answer, or none that can be read
   */
  List<RecordedEvent> stream(String context, String streamId, long afterVersion, int limit)
      throws LogUnavailableException;

  /**
   * All events of some contexts: stream by stream, of each all its events up to some version, in
   * order. Whatever was committed before the call began is there. May be read on later from where
   * it was left.
   *
   * @param place behind which to begin, as it was told to a reader of the same contexts; null: at
   *     the beginning
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
