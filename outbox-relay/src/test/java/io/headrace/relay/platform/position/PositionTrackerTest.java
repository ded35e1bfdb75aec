package io.headrace.relay.platform.position;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PositionTrackerTest {

  /** A row as PostgreSQL sends it: behind the commit before it, in its transaction. */
  private record Row(long commitLsn, long transaction, String id) {}

  @Test
  void from_any_position_that_was_stored_the_rest_follows_without_gap_or_repetition() {
    Random random = new Random(4);
    for (int round = 0; round < 200; round++) {
      List<Row> log = log(random);
      Position stored = Position.at(100);
      List<String> published = new ArrayList<>();
      while (published.size() < log.size()) {
        PositionTracker tracker = new PositionTracker(stored);
        List<String> batch = new ArrayList<>();
        for (Row row : sentFrom(log, stored.lsn())) {
          if (tracker.next(row.commitLsn, row.transaction, row.id)) {
            batch.add(row.id);
          }
          if (random.nextInt(4) == 0) {
            published.addAll(batch);
            batch.clear();
            stored = tracker.current();
            if (random.nextInt(3) == 0) {
              break;
            }
          }
        }
      }
      assertThat(published).isEqualTo(log.stream().map(Row::id).toList());
    }
  }

  private static List<Row> log(Random random) {
    List<Row> rows = new ArrayList<>();
    long lsn = 100;
    for (int transaction = 1; transaction <= 6; transaction++) {
      int events = 1 + random.nextInt(4);
      for (int i = 1; i <= events; i++) {
        rows.add(new Row(lsn, transaction, transaction + "@" + i));
      }
      lsn += 1 + random.nextInt(50);
    }
    return rows;
  }

  /** PostgreSQL sends whole transactions, those that were committed at or after the LSN. */
  private static List<Row> sentFrom(List<Row> log, long lsn) {
    return log.stream().filter(row -> row.commitLsn >= lsn).toList();
  }

  @Test
  void a_message_moves_the_position_between_transactions() {
    PositionTracker tracker = new PositionTracker(Position.at(100));
    tracker.next(100, 1, "a@1");
    tracker.message(150);
    assertThat(tracker.current()).isEqualTo(Position.at(150));
  }

  @Test
  void a_message_that_comes_again_before_the_open_transaction_changes_nothing() {
    Position stored = new Position(100, 7, 1, "a@1");
    PositionTracker tracker = new PositionTracker(stored);
    tracker.message(100);
    assertThat(tracker.current()).isEqualTo(stored);
    assertThat(tracker.next(100, 7, "a@1")).isFalse();
    assertThat(tracker.next(100, 7, "a@2")).isTrue();
  }

  @Test
  void another_transaction_than_the_one_that_was_under_way_is_refused() {
    PositionTracker tracker = new PositionTracker(new Position(100, 7, 2, "a@2"));
    assertThatThrownBy(() -> tracker.next(100, 8, "b@1"))
        .isInstanceOf(PositionLostException.class)
        .hasMessageContaining("a@2")
        .hasMessageContaining("b@1");
  }

  @Test
  void a_transaction_that_ends_before_what_was_published_of_it_is_refused() {
    PositionTracker tracker = new PositionTracker(new Position(100, 7, 2, "a@2"));
    tracker.next(100, 7, "a@1");
    assertThatThrownBy(() -> tracker.next(120, 8, "b@1")).isInstanceOf(PositionLostException.class);
  }

  @Test
  void another_event_in_the_place_of_the_last_published_is_refused() {
    PositionTracker tracker = new PositionTracker(new Position(100, 7, 1, "a@1"));
    assertThatThrownBy(() -> tracker.next(100, 7, "x@1")).isInstanceOf(PositionLostException.class);
  }

  @Test
  void a_log_that_goes_back_is_refused() {
    PositionTracker tracker = new PositionTracker(Position.at(100));
    tracker.next(120, 7, "a@1");
    assertThatThrownBy(() -> tracker.next(110, 8, "b@1")).isInstanceOf(PositionLostException.class);
  }

  @Test
  void a_stored_position_is_read_as_it_was_written() {
    for (Position position :
        List.of(Position.at(0x16B374848L), new Position(5, 7, 3, "grüße-\"1\"@9"))) {
      StoredPosition stored = new StoredPosition("7400000000000000001", position);
      assertThat(StoredPosition.fromJson(stored.toJson())).isEqualTo(stored);
      StoredPosition withTopics = stored.with(List.of("ordering.events", "payment.events"));
      assertThat(StoredPosition.fromJson(withTopics.toJson())).isEqualTo(withTopics);
      assertThat(StoredPosition.fromJson(stored.with(List.of()).toJson()).topics()).isEmpty();
    }
    assertThat(Position.lsn(0x16B374848L)).isEqualTo("1/6B374848");
  }

  @Test
  void an_unreadable_stored_position_is_refused() {
    assertThatThrownBy(() -> StoredPosition.fromJson("{\"lsn\":".getBytes()))
        .isInstanceOf(PositionLostException.class);
    assertThatThrownBy(() -> StoredPosition.fromJson("{}".getBytes()))
        .isInstanceOf(PositionLostException.class);
  }
}
