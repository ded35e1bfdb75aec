package io.headrace.relay.platform.record;

import io.headrace.events.platform.RecordedEvent;
import org.jspecify.annotations.Nullable;

/**
 * A row of the event log.
 *
 * @param lsn where it stands in the write-ahead log; 0 if it was read from the table
 * @param recordedAt microseconds of the epoch
 * @param metadata a flat JSON object of strings
 * @param payload the event's JSON, untouched
 */
public record LogRow(
    long lsn,
    String streamId,
    long streamVersion,
    String context,
    String type,
    String partitionKey,
    long recordedAt,
    String metadata,
    String payload) {

  /** The event's id. */
  public String id() {
    return id(streamId, streamVersion);
  }

  /** The id of an event. */
  public static String id(String streamId, long streamVersion) {
    return RecordedEvent.id(streamId, streamVersion);
  }

  UnrelayableEventException unrelayable(String why, @Nullable Throwable cause) {
    return OutgoingEvent.unrelayable(lsn, id(), why, cause);
  }
}
