package io.headrace.relay.platform.record;

import io.headrace.relay.platform.position.Position;
import java.util.Map;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * A change as Debezium hands it over.
 *
 * @param lsn of the change itself
 * @param commitLsn the end of the last transaction, or the last message, before it
 * @param transaction 0 if it is none of a transaction
 * @param row the inserted row, or null for a logical decoding message
 */
public record LogChange(long lsn, long commitLsn, long transaction, @Nullable Struct row) {

  /**
   * @throws UnrelayableEventException if it is neither an insert nor a message
   */
  public static LogChange of(SourceRecord source) {
    Map<String, ?> offset = source.sourceOffset();
    long lsn = number(offset.get("lsn"));
    if (!(source.value() instanceof Struct envelope)) {
      throw new UnrelayableEventException(
          Position.lsn(lsn), "it is no change of the event log but of " + source.topic(), null);
    }
    String operation = envelope.getString("op");
    Struct row =
        switch (operation) {
          case "c" -> envelope.getStruct("after");
          case "m" -> null;
          default ->
              throw new UnrelayableEventException(
                  Position.lsn(lsn),
                  "the event log is append-only, but the publication sent the operation '"
                      + operation
                      + "'",
                  null);
        };
    return new LogChange(lsn, number(offset.get("lsn_commit")), number(offset.get("txId")), row);
  }

  private static long number(@Nullable Object value) {
    return value instanceof Number number ? number.longValue() : 0;
  }
}
