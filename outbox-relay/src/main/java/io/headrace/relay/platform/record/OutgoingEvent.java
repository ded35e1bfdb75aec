package io.headrace.relay.platform.record;

import io.headrace.relay.platform.position.Position;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * The record made of a row, and as much of the row as is needed beside it: not the payload, which
 * would be in memory twice.
 *
 * @param lsn where the row stands in the write-ahead log; 0 if it was read from the table
 * @param id of the event
 * @param recordedAt microseconds of the epoch
 */
public record OutgoingEvent(
    long lsn, String id, String context, long recordedAt, ProducerRecord<byte[], byte[]> record) {

  /** What to throw when Kafka refuses the record for what it is. */
  public UnrelayableEventException refused(Throwable cause) {
    return unrelayable(lsn, id, "Kafka refused it: " + cause.getMessage(), cause);
  }

  static UnrelayableEventException unrelayable(
      long lsn, String id, String why, @org.jspecify.annotations.Nullable Throwable cause) {
    return new UnrelayableEventException(
        id, lsn == 0 ? "an unknown position" : Position.lsn(lsn), why, cause);
  }
}
