package io.headrace.relay.platform.source;

import io.debezium.connector.postgresql.connection.LogicalDecodingMessage;
import io.debezium.connector.postgresql.connection.Lsn;
import io.debezium.connector.postgresql.connection.ReplicationMessage;
import io.headrace.relay.platform.position.Position;
import io.headrace.relay.platform.record.LogChange;
import io.headrace.relay.platform.record.LogRow;
import io.headrace.relay.platform.record.UnrelayableEventException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes changes of what Debezium has decoded. For one thread. */
final class ChangeReader {

  private long commitLsn;
  private long transaction;

  /**
   * @param commitLsn the boundary between transactions at which the stream begins
   */
  ChangeReader(long commitLsn) {
    this.commitLsn = commitLsn;
  }

  /** Null if the message only marks a boundary. */
  @Nullable LogChange of(ReplicationMessage message, Lsn received) {
    long lsn = received.asLong();
    return switch (message.getOperation()) {
      case BEGIN -> {
        transaction = message.getTransactionId().orElse(0);
        yield null;
      }
      case COMMIT -> {
        // PostgreSQL gives the message of a commit the end of its record.
        commitLsn = lsn;
        transaction = 0;
        yield null;
      }
      case MESSAGE -> message(message, lsn);
      case INSERT ->
          // What the table filter leaves out: to skip it would lose every event, should the name of
          // the table be wrong.
          message.isSkippedMessage()
              ? unreadable(lsn, "it is a row of another table than headrace.relay.table says")
              : insert(message, lsn);
      case ORIGIN, NOOP -> null;
      case UPDATE, DELETE, TRUNCATE ->
          unreadable(
              lsn,
              "the event log is append-only, but the publication sent the operation "
                  + message.getOperation());
    };
  }

  private LogChange unreadable(long lsn, String why) {
    return new LogChange.Unreadable(
        commitLsn,
        transaction,
        null,
        new UnrelayableEventException(null, Position.lsn(lsn), why, null));
  }

  private @Nullable LogChange message(ReplicationMessage message, long lsn) {
    LogicalDecodingMessage decoded = (LogicalDecodingMessage) message;
    if (!decoded.isLastEventForLsn()) {
      // Part of a transaction, whose commit will be the boundary.
      return null;
    }
    commitLsn = lsn;
    return new LogChange.Message(
        lsn, LogDatabase.HEARTBEAT.equals(decoded.getPrefix()) ? time(decoded.getContent()) : null);
  }

  /** Anyone can write a message: what is no time of ours is passed over. */
  private static @Nullable Instant time(byte[] content) {
    try {
      return Instant.EPOCH.plus(
          Long.parseLong(new String(content, StandardCharsets.UTF_8)), ChronoUnit.MICROS);
    } catch (NumberFormatException | DateTimeException | ArithmeticException e) {
      return null;
    }
  }

  private LogChange insert(ReplicationMessage message, long lsn) {
    Columns columns = new Columns();
    for (ReplicationMessage.Column column : message.getNewTupleList()) {
      columns.set(column);
    }
    try {
      return new LogChange.Insert(commitLsn, transaction, columns.row(lsn));
    } catch (UnrelayableEventException e) {
      return new LogChange.Unreadable(commitLsn, transaction, e.event(), e);
    }
  }

  private static final class Columns {

    private static final List<String> NAMES =
        List.of(
            "stream_id",
            "stream_version",
            "context",
            "event_type",
            "partition_key",
            "recorded_at",
            "metadata",
            "payload");

    private final @Nullable Object[] values = new @Nullable Object[NAMES.size()];
    private int present;

    void set(ReplicationMessage.Column column) {
      int index =
          switch (column.getName()) {
            case "stream_id" -> 0;
            case "stream_version" -> 1;
            case "context" -> 2;
            case "event_type" -> 3;
            case "partition_key" -> 4;
            case "recorded_at" -> 5;
            case "metadata" -> 6;
            case "payload" -> 7;
            default -> -1;
          };
      if (index >= 0) {
        values[index] = column.getValue(Columns::noConnection, false);
        present |= 1 << index;
      }
    }

    /** Text and numbers are decoded without one. */
    private static org.postgresql.core.BaseConnection noConnection() {
      throw new IllegalStateException("no column of the event log needs a connection");
    }

    LogRow row(long lsn) {
      return new LogRow(
          lsn,
          text(lsn, 0),
          number(lsn, 1),
          text(lsn, 2),
          text(lsn, 3),
          text(lsn, 4),
          number(lsn, 5),
          text(lsn, 6),
          text(lsn, 7));
    }

    private String text(long lsn, int index) {
      if (values[index] instanceof String text) {
        return text;
      }
      throw wrong(lsn, index);
    }

    private long number(long lsn, int index) {
      if (values[index] instanceof Long number) {
        return number;
      }
      throw wrong(lsn, index);
    }

    private UnrelayableEventException wrong(long lsn, int index) {
      String event =
          values[0] instanceof String stream && values[1] instanceof Long version
              ? LogRow.id(stream, version)
              : null;
      return new UnrelayableEventException(
          event,
          Position.lsn(lsn),
          (present & 1 << index) == 0
              ? "the publication does not carry the column " + NAMES.get(index)
              : "the column " + NAMES.get(index) + " is null or of another type",
          null);
    }
  }
}
