package io.headrace.relay.platform.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.connector.postgresql.connection.LogicalDecodingMessage;
import io.debezium.connector.postgresql.connection.Lsn;
import io.debezium.connector.postgresql.connection.ReplicationMessage;
import io.debezium.connector.postgresql.connection.ReplicationMessage.NoopMessage;
import io.debezium.connector.postgresql.connection.ReplicationMessage.Operation;
import io.debezium.connector.postgresql.connection.TransactionMessage;
import io.headrace.relay.platform.record.LogChange;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChangeReaderTest {

  private final ChangeReader reader = new ChangeReader(100);

  @Test
  void a_change_knows_its_transaction_and_the_boundary_before_it() {
    assertThat(read(new TransactionMessage(Operation.BEGIN, 7, Instant.EPOCH), 110)).isNull();
    assertThat(unreadable(Operation.DELETE, 120))
        .extracting(LogChange.Unreadable::commitLsn, LogChange.Unreadable::transaction)
        .containsExactly(100L, 7L);
    assertThat(read(new TransactionMessage(Operation.COMMIT, 7, Instant.EPOCH), 130)).isNull();
    assertThat(read(new TransactionMessage(Operation.BEGIN, 8, Instant.EPOCH), 140)).isNull();
    assertThat(unreadable(Operation.DELETE, 150))
        .extracting(LogChange.Unreadable::commitLsn, LogChange.Unreadable::transaction)
        .containsExactly(130L, 8L);
  }

  @Test
  void a_message_outside_of_transactions_is_a_boundary_and_one_inside_is_not() {
    assertThat(read(message(false), 200)).isEqualTo(new LogChange.Message(200, null));
    assertThat(read(new TransactionMessage(Operation.BEGIN, 9, Instant.EPOCH), 210)).isNull();
    assertThat(read(message(true), 220)).isNull();
    assertThat(unreadable(Operation.TRUNCATE, 230).commitLsn()).isEqualTo(200);
  }

  @Test
  void a_heartbeat_has_the_time_and_another_message_has_none() {
    assertThat(read(message("headrace.heartbeat", "1700000000123456"), 300))
        .isEqualTo(new LogChange.Message(300, Instant.parse("2023-11-14T22:13:20.123456Z")));
    for (String content : List.of("", "soon", "1e9", "9".repeat(30))) {
      assertThat(read(message("headrace.heartbeat", content), 300))
          .isEqualTo(new LogChange.Message(300, null));
    }
    assertThat(read(message("elsewhere", "1700000000123456"), 300))
        .isEqualTo(new LogChange.Message(300, null));
  }

  private static LogicalDecodingMessage message(String prefix, String content) {
    return new LogicalDecodingMessage(
        Operation.MESSAGE,
        Instant.EPOCH,
        null,
        false,
        prefix,
        content.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void a_row_of_another_table_is_not_skipped() {
    assertThat(unreadable(Operation.INSERT, 0x1_0000_0010L).cause())
        .hasMessage(
            "the change at 1/10 cannot be published: it is a row of another table than headrace.relay.table says");
  }

  /** What Debezium makes of a change to a table that is not captured. */
  private LogChange.Unreadable unreadable(Operation operation, long lsn) {
    LogChange change = read(new NoopMessage(1L, Instant.EPOCH, operation), lsn);
    assertThat(change).isInstanceOf(LogChange.Unreadable.class);
    return (LogChange.Unreadable) change;
  }

  private LogChange read(ReplicationMessage message, long lsn) {
    return reader.of(message, Lsn.valueOf(lsn));
  }

  private static LogicalDecodingMessage message(boolean transactional) {
    return new LogicalDecodingMessage(
        Operation.MESSAGE, Instant.EPOCH, null, transactional, "any", new byte[0]);
  }
}
