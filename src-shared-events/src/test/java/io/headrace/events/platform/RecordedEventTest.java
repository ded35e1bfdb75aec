package io.headrace.events.platform;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordedEventTest {

  private static final Map<String, String> HEADERS =
      Map.of(
          Headers.ID, "order-1@7",
          Headers.SOURCE, "/headrace/ordering",
          Headers.TYPE, "ordering.OrderPlaced.v1",
          Headers.SUBJECT, "order-1",
          Headers.TIME, "2026-01-02T03:04:05.678901Z",
          Headers.STREAM_VERSION, "7",
          Headers.CORRELATION_ID, "c");

  @Test
  void the_headers_of_a_record_become_an_event() {
    RecordedEvent event = RecordedEvent.fromKafka("1", reader(HEADERS), "{}".getBytes(UTF_8));
    assertThat(event.id()).isEqualTo("order-1@7");
    assertThat(event.context()).isEqualTo("ordering");
    assertThat(event.streamVersion()).isEqualTo(7);
    assertThat(event.recordedAt()).isEqualTo(Instant.parse("2026-01-02T03:04:05.678901Z"));
    assertThat(event.metadata()).isEqualTo(new EventMetadata("c", null, null, null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        Headers.SOURCE,
        Headers.TYPE,
        Headers.SUBJECT,
        Headers.TIME,
        Headers.STREAM_VERSION
      })
  void a_missing_header_is_named(String name) {
    Map<String, String> without = new HashMap<>(HEADERS);
    without.remove(name);
    assertThatThrownBy(() -> RecordedEvent.fromKafka("1", reader(without), new byte[0]))
        .isInstanceOf(UndecodableEventException.class)
        .hasMessageContaining(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {Headers.SOURCE, Headers.TIME, Headers.STREAM_VERSION})
  void a_malformed_header_is_named(String name) {
    Map<String, String> odd = new HashMap<>(HEADERS);
    odd.put(name, "?");
    assertThatThrownBy(() -> RecordedEvent.fromKafka("1", reader(odd), new byte[0]))
        .isInstanceOf(UndecodableEventException.class)
        .hasMessageContaining(name);
  }

  @ParameterizedTest
  @CsvSource({
    "ce_subject, a\0b",
    "ce_streamversion, 0",
    "ce_streamversion, -1",
    "ce_streamversion, 9223372036854775808"
  })
  void a_value_that_no_event_has_is_malformed(String name, String value) {
    Map<String, String> odd = new HashMap<>(HEADERS);
    odd.put(name, value);
    assertThatThrownBy(() -> RecordedEvent.fromKafka("1", reader(odd), new byte[0]))
        .isInstanceOf(UndecodableEventException.class)
        .hasMessageContaining(name);
  }

  @Test
  void a_stream_id_that_no_index_holds_is_malformed_and_the_message_is_short() {
    Map<String, String> odd = new HashMap<>(HEADERS);
    odd.put(Headers.SUBJECT, "order-".repeat(1_000));
    assertThatThrownBy(() -> RecordedEvent.fromKafka("1", reader(odd), new byte[0]))
        .isInstanceOf(UndecodableEventException.class)
        .hasMessageContaining("ce_subject has the malformed value 'order-order-")
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(500));
  }

  @Test
  void a_record_without_a_value_is_no_event() {
    assertThatThrownBy(() -> RecordedEvent.fromKafka("1", reader(HEADERS), null))
        .isInstanceOf(UndecodableEventException.class)
        .hasMessage("the record has no value");
  }

  @Test
  void metadata_is_stored_under_the_names_of_its_headers() throws Exception {
    EventMetadata metadata = new EventMetadata("a", "b", null, "00-0-0-00");
    String json = EventJson.mapper().writeValueAsString(metadata);
    assertThat(json)
        .isEqualTo(
            "{\"ce_correlationid\":\"a\",\"ce_causationid\":\"b\",\"traceparent\":\"00-0-0-00\"}");
    assertThat(EventJson.mapper().readValue(json, EventMetadata.class)).isEqualTo(metadata);
  }

  private static Function<String, byte[]> reader(Map<String, String> headers) {
    return name -> headers.containsKey(name) ? headers.get(name).getBytes(UTF_8) : null;
  }
}
