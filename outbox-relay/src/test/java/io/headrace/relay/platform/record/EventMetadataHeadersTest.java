package io.headrace.relay.platform.record;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventMetadataHeadersTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|{}",
        "{\"a\":\"1\"}|{a=1}",
        "{\"a\":\"\",\"b\":\"2\"}|{a=, b=2}",
        "{ \"a\" : \"1\" , \"b\":\"2\" }|{a=1, b=2}",
        "{\"a\":\"x\\\"y\\\\z\\u00e4\"}|{a=x\"y\\zä}",
        "{\"a\":\"{\\\"b\\\":1}\"}|{a={\"b\":1}}",
        "{\"a\":\",}:{\",\"b\":\"grüße\"}|{a=,}:{, b=grüße}",
        "{\"a\":null,\"b\":\"2\"}|{b=2}"
      })
  void every_way_to_write_it_gives_the_same_headers(String metadata, String expected) {
    assertThat(headers(metadata)).hasToString(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"a\":\"1\",}",
        "{\"a\":\"1\"",
        "{\"a\"}",
        "{\"a\":\"1\"\"b\":\"2\"}",
        "{\"a\":\"1\",\"ce_id\":\"forged\"}",
        "{\"a\":\"1\\n\",\"ce_id\":\"forged\"}",
        "{,}",
        "{\"a\":1}"
      })
  void what_is_no_flat_object_of_strings_is_refused(String metadata) {
    assertThatThrownBy(() -> headers(metadata)).isInstanceOf(UnrelayableEventException.class);
  }

  @Test
  void times_are_written_as_java_writes_them() {
    EventTime time = new EventTime();
    Random random = new Random(7);
    long micros = 1_514_862_245_000_006L;
    for (int i = 0; i < 2_000; i++) {
      assertThat(time.text(micros))
          .isEqualTo(Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString());
      micros +=
          switch (random.nextInt(4)) {
            case 0 -> 1;
            case 1 -> 1_000_000 - Math.floorMod(micros, 1_000_000L);
            case 2 -> 1_000 - Math.floorMod(micros, 1_000L);
            default -> random.nextLong(-100_000_000_000_000L, 100_000_000_000_000L);
          };
    }
  }

  private static Map<String, String> headers(String metadata) {
    RecordHeaders headers = new RecordHeaders();
    EventMetadataHeaders.add(new LogRow(16, "s", 1, "c", "t", "k", 0, metadata, "{}"), headers);
    Map<String, String> result = new LinkedHashMap<>();
    headers.forEach(header -> result.put(header.key(), new String(header.value(), UTF_8)));
    return result;
  }
}
