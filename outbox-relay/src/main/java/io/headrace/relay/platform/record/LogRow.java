package io.headrace.relay.platform.record;

import io.headrace.events.platform.RecordedEvent;
import io.headrace.relay.platform.position.Position;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;

/**
 * A row of the event log.
 *
 * @param lsn where it stands in the write-ahead log
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

  /**
   * @throws UnrelayableEventException if a column is missing, null or of another type
   */
  public static LogRow of(long lsn, Struct row) {
    return new LogRow(
        lsn,
        text(lsn, row, "stream_id"),
        number(lsn, row, "stream_version"),
        text(lsn, row, "context"),
        text(lsn, row, "event_type"),
        text(lsn, row, "partition_key"),
        number(lsn, row, "recorded_at"),
        text(lsn, row, "metadata"),
        text(lsn, row, "payload"));
  }

  /** The event's id. */
  public String id() {
    return RecordedEvent.id(streamId, streamVersion);
  }

  UnrelayableEventException unrelayable(String why, Throwable cause) {
    return unrelayable(lsn, id(), why, cause);
  }

  /** What to throw when Kafka refuses the record for what it is. */
  public UnrelayableEventException refused(Throwable cause) {
    return unrelayable("Kafka refused it: " + cause.getMessage(), cause);
  }

  private static String text(long lsn, Struct row, String column) {
    if (value(lsn, row, column) instanceof String text) {
      return text;
    }
    throw wrongType(lsn, row, column);
  }

  private static long number(long lsn, Struct row, String column) {
    if (value(lsn, row, column) instanceof Long number) {
      return number;
    }
    throw wrongType(lsn, row, column);
  }

  private static Object value(long lsn, Struct row, String column) {
    Field field = row.schema().field(column);
    if (field == null) {
      throw unrelayable(
          lsn, describe(row), "the publication does not carry the column " + column, null);
    }
    return row.get(field);
  }

  private static UnrelayableEventException wrongType(long lsn, Struct row, String column) {
    return unrelayable(
        lsn, describe(row), "the column " + column + " is null or of another type", null);
  }

  private static UnrelayableEventException unrelayable(
      long lsn, String event, String why, @org.jspecify.annotations.Nullable Throwable cause) {
    return new UnrelayableEventException(
        "%s (event %s)".formatted(Position.lsn(lsn), event), why, cause);
  }

  /** As much of the id as there is. */
  private static String describe(Struct row) {
    Field stream = row.schema().field("stream_id");
    Field version = row.schema().field("stream_version");
    return (stream == null ? "?" : row.get(stream))
        + "@"
        + (version == null ? "?" : row.get(version));
  }
}
