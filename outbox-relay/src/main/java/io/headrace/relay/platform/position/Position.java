package io.headrace.relay.platform.position;

import org.jspecify.annotations.Nullable;

/**
 * How far the log has been published.
 *
 * <p>PostgreSQL sends transactions in commit order, each as a whole, and, asked to start at an LSN,
 * sends exactly those whose commit record begins at or after it. So every transaction that ended
 * before {@code lsn} is published, and of the first one after it ({@code transaction}, if any was
 * begun) the first {@code events} rows. Decoding is deterministic: the same rows come again, in the
 * same order, and can be counted off. LSNs of single rows, by which Debezium resumes, are neither
 * ordered between transactions nor unique.
 *
 * @param lsn the end of the last transaction known to be complete, or a message after it
 * @param transaction the id of the transaction that follows, 0 if none has been begun
 * @param events how many of its rows are published
 * @param lastEvent the id of the last of these, to check on return that it is the same one
 */
public record Position(long lsn, long transaction, long events, @Nullable String lastEvent) {

  /** Between transactions. */
  public static Position at(long lsn) {
    return new Position(lsn, 0, 0, null);
  }

  Position after(String event) {
    return new Position(lsn, transaction, events + 1, event);
  }

  /** As PostgreSQL writes an LSN. */
  public static String lsn(long lsn) {
    return "%X/%X".formatted(lsn >>> 32, lsn & 0xFFFF_FFFFL);
  }

  @Override
  public String toString() {
    return transaction == 0
        ? lsn(lsn)
        : "%s + %d events of transaction %d (up to %s)"
            .formatted(lsn(lsn), events, transaction, lastEvent);
  }
}
