package io.headrace.events.platform;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeartbeatTest {

  private static final Instant AT = Instant.parse("2026-11-21T18:00:00.123456Z");

  @Test
  void a_heartbeat_is_json_with_an_offset_for_each_partition() {
    var heartbeat =
        new Heartbeat(
            AT, Map.of("payment.events", new long[] {4}, "ordering.events", new long[] {17, 0, 9}));
    assertThat(heartbeat)
        .hasToString(
            "{\"at\":\"2026-11-21T18:00:00.123456Z\",\"ends\":{\"ordering.events\":[17,0,9],\"payment.events\":[4]}}");
    assertThat(Heartbeat.fromJson(heartbeat.toJson())).isEqualTo(heartbeat);
  }

  @Test
  void before_the_first_event_there_is_no_topic() {
    assertThat(Heartbeat.fromJson("{\"at\":\"2026-11-21T18:00:00.123456Z\"}".getBytes(UTF_8)))
        .isEqualTo(new Heartbeat(AT, Map.of()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "?",
        "{}",
        "[]",
        "{\"at\":\"yesterday\"}",
        "{\"at\":\"2026-11-21T18:00:00Z\",\"ends\":{\"ordering.events\":[1,-1]}}",
        "{\"at\":\"2026-11-21T18:00:00Z\",\"ends\":{\"ordering.events\":[\"x\"]}}"
      })
  void anything_else_is_no_heartbeat(String text) {
    assertThatThrownBy(() -> Heartbeat.fromJson(text.getBytes(UTF_8)))
        .isInstanceOf(UndecodableEventException.class);
  }
}
