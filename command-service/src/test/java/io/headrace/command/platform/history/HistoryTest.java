package io.headrace.command.platform.history;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.command.platform.history.History.Answer;
import io.headrace.command.platform.history.History.Command;
import io.headrace.command.platform.history.History.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The checker checks: of a history that can be true, and of one for each way in which it cannot.
 */
class HistoryTest {

  private static final String A = "shipment-a";
  private static final String B = "shipment-b";

  private static final String REQUESTED = "shipping.ShipmentRequested.v1";
  private static final String DISPATCHED = "shipping.ShipmentDispatched.v1";
  private static final String FAILED = "shipping.ShipmentFailed.v1";

  private final History history = new History();
  private final List<Row> log = new ArrayList<>();
  private final Map<String, Long> heads = new HashMap<>();

  /** Of every kind of command one, sent one after another, but for the last two: at once. */
  @BeforeEach
  void a_history_that_can_be_true() {
    sent("request-a", A, 0, 1, accepted(1, REQUESTED));
    sent("dispatch-a", A, 2, 3, accepted(2, DISPATCHED));
    sent("fail-a", A, 4, 5, accepted(3, FAILED));
    sent("again-a", A, 6, 7, accepted(4, DISPATCHED));
    sent("no-change-a", A, 8, 9, accepted(4));
    sent("rejected-a", A, 10, 11, new Answer(422, 4, List.of()));
    sent("request-b", B, 0, 1, accepted(1, REQUESTED));
    sent("stored-b", B, 2, 9, null);
    sent("lost-b", B, 2, 9, null);
    log.add(new Row(A, 1, REQUESTED, "request-a"));
    log.add(new Row(A, 2, DISPATCHED, "dispatch-a"));
    log.add(new Row(A, 3, FAILED, "fail-a"));
    log.add(new Row(A, 4, DISPATCHED, "again-a"));
    log.add(new Row(B, 1, REQUESTED, "request-b"));
    log.add(new Row(B, 2, DISPATCHED, "stored-b"));
    heads.putAll(Map.of(A, 4L, B, 2L));
    // Of another load of the same database.
    log.add(new Row("shipment-c", 1, REQUESTED, "request-c"));
    heads.put("shipment-c", 1L);
  }

  @Test
  void what_was_told_and_what_is_there_agree() {
    assertThatCode(this::verify).doesNotThrowAnyException();
  }

  @Test
  void the_last_event_is_missing() {
    remove(3);
    heads.put(A, 3L);
    isNoticed();
  }

  @Test
  void an_event_in_the_middle_is_missing() {
    remove(1);
    isNoticed();
  }

  @Test
  void the_only_event_of_a_command_without_an_answer_leaves_a_gap() {
    sent("after-b", B, 10, 11, accepted(3, FAILED));
    log.add(6, new Row(B, 3, FAILED, "after-b"));
    heads.put(B, 3L);
    verify();
    remove(5);
    isNoticed();
  }

  @Test
  void an_event_is_there_twice() {
    log.add(2, new Row(A, 2, DISPATCHED, "dispatch-a"));
    isNoticed();
  }

  @Test
  void a_command_took_effect_twice() {
    log.add(6, new Row(B, 3, FAILED, "stored-b"));
    heads.put(B, 3L);
    isNoticed();
  }

  /** Two dispatches: type and version of each place are right, the commands are not. */
  @Test
  void two_events_have_changed_places() {
    log.set(1, new Row(A, 2, DISPATCHED, "again-a"));
    log.set(3, new Row(A, 4, DISPATCHED, "dispatch-a"));
    isNoticed();
  }

  /** Neither was acknowledged, so nothing but the order of time tells. */
  @Test
  void what_was_sent_after_an_answer_stands_before_what_was_answered() {
    sent("fail-b", B, 10, 11, accepted(3, FAILED));
    sent("late-b", B, 12, 13, null);
    log.add(6, new Row(B, 3, FAILED, "fail-b"));
    log.add(7, new Row(B, 4, DISPATCHED, "late-b"));
    heads.put(B, 4L);
    verify();
    log.set(5, new Row(B, 2, DISPATCHED, "late-b"));
    log.set(7, new Row(B, 4, DISPATCHED, "stored-b"));
    isNoticed();
  }

  @Test
  void an_event_has_another_type_than_was_told() {
    log.set(3, new Row(A, 4, FAILED, "again-a"));
    isNoticed();
  }

  @Test
  void an_event_that_nobody_was_told_of_cannot_follow_from_those_before_it() {
    log.set(5, new Row(B, 2, FAILED, "stored-b"));
    isNoticed();
  }

  @Test
  void an_event_is_in_the_stream_of_another_command() {
    log.add(6, new Row(B, 3, FAILED, "fail-a"));
    heads.put(B, 3L);
    isNoticed();
  }

  @Test
  void an_event_without_an_answer_is_in_the_stream_of_another_command() {
    log.add(4, new Row(A, 5, FAILED, "lost-b"));
    heads.put(A, 5L);
    isNoticed();
  }

  @Test
  void an_event_has_got_into_a_stream_of_another_load() {
    log.add(new Row("shipment-c", 2, DISPATCHED, "fail-a"));
    isNoticed();
  }

  @Test
  void a_command_that_was_refused_took_effect() {
    log.add(4, new Row(A, 5, FAILED, "rejected-a"));
    heads.put(A, 5L);
    isNoticed();
  }

  @Test
  void an_event_is_of_no_command() {
    log.add(4, new Row(A, 5, FAILED, "nobody"));
    heads.put(A, 5L);
    isNoticed();
  }

  @Test
  void the_head_is_ahead_of_the_events() {
    heads.put(A, 5L);
    isNoticed();
  }

  @Test
  void the_head_is_missing() {
    heads.remove(B);
    isNoticed();
  }

  private void sent(String id, String stream, long sent, long told, @Nullable Answer answer) {
    history.add(new Command(id, stream, sent, told, answer));
  }

  private static Answer accepted(long version, String... events) {
    return new Answer(200, version, List.of(events));
  }

  private void remove(int row) {
    log.remove(row);
  }

  private void isNoticed() {
    assertThatThrownBy(this::verify).isInstanceOf(AssertionError.class);
  }

  private void verify() {
    history.verify(log, heads, List.of(A, B));
  }
}
