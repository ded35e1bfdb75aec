package io.headrace.events.platform;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ViewStreamsTest {

  @Test
  void a_line_says_the_view_and_json_the_streams() {
    var versions = new LinkedHashMap<String, Long>();
    versions.put("order-4711", 3L);
    versions.put("payment-8", 1L);
    assertThat(ViewStreams.encode("orders", 12, versions))
        .contains("orders:12\n[\"order-4711\",3,\"payment-8\",1]");
    assertThat(ViewStreams.encode("orders", 12, Map.of())).contains("orders:12\n[]");
    assertThat(ViewStreams.decode("orders:12\n[]", "orders", 12)).contains(Map.of());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a:b:1",
        "a b",
        "a\nb:1\n[]",
        "a\r\tb",
        "\"a\"",
        "'a'",
        "\\",
        "],[",
        "Zürich 漢字 🐦",
        "\u0001",
        ""
      })
  void a_stream_may_be_called_anything(String stream) {
    var versions = Map.of(stream, Long.MAX_VALUE, "order-1", 1L);
    var payload = ViewStreams.encode("orders", 1, versions).orElseThrow();
    assertThat(ViewStreams.decode(payload, "orders", 1)).contains(versions);
  }

  @Property(tries = 300)
  void what_is_encoded_is_decoded_and_fits(@ForAll Map<String, Long> versions) {
    var payload = ViewStreams.encode("orders", 1, versions);
    payload.ifPresent(
        text -> {
          assertThat(text.getBytes(UTF_8)).hasSizeLessThan(8_000);
          assertThat(ViewStreams.decode(text, "orders", 1)).contains(versions);
        });
  }

  @Test
  void what_is_too_long_for_a_notification_is_not_encoded() {
    // 9 bytes of the line, 2 brackets, 2 quotes, a comma and a digit, and two bytes a letter.
    var longest = "é".repeat((7_999 - 9 - 6) / 2);
    assertThat(ViewStreams.encode("orders", 1, Map.of(longest, 1L)).orElseThrow().getBytes(UTF_8))
        .hasSize(7_999);
    assertThat(ViewStreams.encode("orders", 1, Map.of(longest, 10L))).isEmpty();
    var many = new LinkedHashMap<String, Long>();
    for (long i = 0; i < 2_000; i++) {
      many.put("order-" + i, i);
    }
    assertThat(ViewStreams.encode("orders", 1, many)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "orders",
        "orders:1",
        "orders:1\n",
        "orders:2\n[\"a\",1]",
        "orders:11\n[\"a\",1]",
        "almanac:1\n[\"a\",1]",
        "orders:1\n{\"a\":1}",
        "orders:1\n[\"a\"]",
        "orders:1\n[\"a\",\"b\"]",
        "orders:1\n[\"a\",1.5]",
        "orders:1\n[\"a\",null]",
        "orders:1\n[1,\"a\"]",
        "orders:1\n[\"a\",99999999999999999999]",
        "orders:1\n[\"a\",1",
        "orders:1\n[\"a\",1] []"
      })
  void anything_else_says_nothing_of_this_view(String payload) {
    assertThat(ViewStreams.decode(payload, "orders", 1)).isEmpty();
  }
}
