package io.headrace.relay.platform.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.relay.platform.record.UnrelayableEventException;
import io.headrace.relay.platform.source.SlotState;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RelayStatusTest {

  private static final Duration LONG = Duration.ofHours(1);

  private final RelayStatus status = new RelayStatus();

  @Test
  void a_relay_that_has_never_worked_is_not_ready() {
    assertThat(status.ready(LONG)).isFalse();
    status.enter(Role.WAITING, "no slot");
    assertThat(status.ready(LONG)).isFalse();
  }

  @Test
  void streaming_and_standing_by_are_ready() {
    status.enter(Role.STANDBY, null);
    assertThat(status.ready(Duration.ZERO)).isTrue();
    status.enter(Role.ACTIVE, null);
    assertThat(status.ready(Duration.ZERO)).isTrue();
  }

  @Test
  void a_failure_is_forgiven_for_the_grace_counted_from_its_beginning() {
    status.enter(Role.ACTIVE, null);
    status.enter(Role.STARTING, "Kafka is away");
    status.enter(Role.STARTING, "Kafka is still away");
    assertThat(status.ready(LONG)).isTrue();
    assertThat(status.ready(Duration.ZERO)).isFalse();
    assertThat(status.state().reason()).isEqualTo("Kafka is still away");
    status.enter(Role.ACTIVE, null);
    assertThat(status.ready(Duration.ZERO)).isTrue();
    assertThat(status.lastError()).isEqualTo("Kafka is still away");
  }

  @Test
  void a_refusal_and_a_lost_slot_are_not_forgiven() {
    status.enter(Role.ACTIVE, null);
    status.slot(new SlotState(1, 2, 1, 1, null, "lost", false, false, "removed"));
    assertThat(status.ready(LONG)).isFalse();
    status.slot(null);
    assertThat(status.ready(LONG)).isTrue();
    status.enter(Role.REFUSED, "poison");
    assertThat(status.ready(LONG)).isFalse();
  }

  @Test
  void a_relay_that_looks_again_at_an_event_it_refused_is_not_ready_until_it_gets_past_it() {
    status.enter(Role.ACTIVE, null);
    UnrelayableEventException poison = new UnrelayableEventException("s@1", "0/1", "bad", null);
    status.refuse(poison);
    assertThat(status.ready(LONG)).isFalse();
    status.enter(Role.ACTIVE, null);
    assertThat(status.ready(LONG)).isFalse();
    assertThat(status.unrelayable()).isSameAs(poison);
    status.goesOn();
    assertThat(status.ready(LONG)).isTrue();

    status.refuse(poison);
    status.enter(Role.STANDBY, null);
    assertThat(status.ready(LONG)).isTrue();
    assertThat(status.unrelayable()).isNull();
  }

  @Test
  void pauses_double_up_to_the_longest() {
    Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1));
    for (int bound : new int[] {100, 200, 400, 800, 1000, 1000}) {
      assertThat(backoff.next()).isBetween(Duration.ofMillis(bound / 2), Duration.ofMillis(bound));
    }
    backoff.reset();
    assertThat(backoff.next()).isLessThanOrEqualTo(Duration.ofMillis(100));
  }
}
