package io.headrace.relay.platform.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.relay.platform.record.LogChange;
import io.headrace.relay.platform.record.LogRow;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.connect.errors.ConnectException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class ChangeBufferTest {

  private static final long AT_ONCE = 0;
  private static final long ALL = Long.MAX_VALUE;

  @Test
  void changes_come_out_in_their_order_and_in_batches_of_at_most_so_many() throws Exception {
    ChangeBuffer buffer = new ChangeBuffer(100, 1_000_000);
    for (int i = 0; i < 5; i++) {
      buffer.put(change(i, 10));
    }
    assertThat(buffer.take(3, ALL, AT_ONCE))
        .containsExactly(change(0, 10), change(1, 10), change(2, 10));
    assertThat(buffer.take(3, ALL, AT_ONCE)).containsExactly(change(3, 10), change(4, 10));
    assertThat(buffer.take(3, ALL, AT_ONCE)).isEmpty();
  }

  @Test
  void a_batch_has_at_most_so_many_bytes_and_one_change() throws Exception {
    ChangeBuffer buffer = new ChangeBuffer(100, 1_000_000);
    buffer.put(change(0, 5_000));
    buffer.put(change(1, 5_000));
    assertThat(buffer.take(10, 1_000, AT_ONCE)).containsExactly(change(0, 5_000));
    assertThat(buffer.take(10, 1_000, AT_ONCE)).containsExactly(change(1, 5_000));
  }

  @Test
  void the_writer_waits_for_room_by_count_and_by_bytes() throws Exception {
    assertWaits(new ChangeBuffer(2, 1_000_000), change(0, 10), change(1, 10), change(2, 10));
    assertWaits(
        new ChangeBuffer(100, 12_000), change(0, 5_000), change(1, 5_000), change(2, 5_000));
  }

  private static void assertWaits(ChangeBuffer buffer, LogChange... changes) throws Exception {
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    for (LogChange change : changes) {
                      buffer.put(change);
                    }
                  } catch (InterruptedException _) {
                    // The test has failed.
                  }
                });
    Awaitility.await().until(() -> writer.getState() == Thread.State.WAITING);
    List<LogChange> taken = new ArrayList<>(buffer.take(1, ALL, AT_ONCE));
    writer.join(Duration.ofSeconds(10));
    assertThat(writer.isAlive()).isFalse();
    taken.addAll(buffer.take(10, ALL, AT_ONCE));
    assertThat(taken).containsExactly(changes);
  }

  @Test
  void a_change_larger_than_the_buffer_passes_alone() throws Exception {
    ChangeBuffer buffer = new ChangeBuffer(100, 1_000);
    buffer.put(change(0, 50_000));
    assertThat(buffer.take(10, ALL, AT_ONCE)).hasSize(1);
  }

  @Test
  void a_failure_of_the_reader_reaches_whoever_waits() {
    ChangeBuffer buffer = new ChangeBuffer(100, 1_000);
    SQLException cause = new SQLException("gone");
    Thread.ofVirtual().start(() -> buffer.fail(cause));
    assertThatThrownBy(() -> buffer.take(10, ALL, Duration.ofMinutes(1).toNanos()))
        .isInstanceOf(ConnectException.class)
        .hasCause(cause);
  }

  private static LogChange change(long version, int bytes) {
    return new LogChange.Insert(
        1, 1, new LogRow(1, "s", version, "c", "t", "k", 0, "{}", "x".repeat(bytes)));
  }
}
