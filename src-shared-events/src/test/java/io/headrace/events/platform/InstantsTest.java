package io.headrace.events.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.time.DateTimeException;
import java.time.Instant;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InstantsTest {

  private static final ObjectMapper JACKSON =
      JsonMapper.builder().addModule(new JavaTimeModule()).build();

  @Property
  void what_is_written_is_read_again(
      // The years -1 to 10000.
      @ForAll @LongRange(min = -62_200_000_000L, max = 253_440_000_000L) long second,
      @ForAll @IntRange(max = 999_999_999) int nanos)
      throws Exception {
    Instant time = Instant.ofEpochSecond(second, nanos);
    assertThat(Instants.parse(time.toString())).isEqualTo(time);
    assertThat(EventJson.mapper().readValue("\"" + time + "\"", Instant.class)).isEqualTo(time);
  }

  @Property(tries = 5_000)
  void one_character_changed_is_taken_or_refused_as_java_does(
      @ForAll @LongRange(min = 0, max = 253_402_300_799L) long second,
      @ForAll @IntRange(max = 999) int millis,
      @ForAll @IntRange(max = 23) int at,
      @ForAll
          @CharRange(from = '0', to = '9')
          @Chars({'-', '+', ':', '.', ',', 'T', 't', 'Z', 'z', ' ', '٣'})
          char changed) {
    StringBuilder text =
        new StringBuilder(Instant.ofEpochSecond(second, millis * 1_000_000L).toString());
    text.setCharAt(Math.min(at, text.length() - 1), changed);
    same(text.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Z",
        "2018-01-31T12:00:00.Z",
        "2018-01-31T12:00:00.1Z",
        "2018-01-31T12:00:00.1234567890Z",
        "2018-01-31T12:00Z",
        "2018-01-31T12:00:00+02:00",
        "2018-02-29T12:00:00Z",
        "2016-02-29T12:00:00Z",
        "1900-02-29T12:00:00Z",
        "2018-04-31T12:00:00Z",
        "2018-00-01T12:00:00Z",
        "2018-13-01T12:00:00Z",
        "2018-01-00T12:00:00Z",
        "2018-01-31T24:00:00Z",
        "2018-01-31T24:00:01Z",
        "2016-12-31T23:59:60Z",
        "2018-01-31T12:60:00Z",
        "0000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "+10000-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999999Z",
        "2018-01-31 12:00:00Z"
      })
  void what_java_takes_is_taken_and_what_it_refuses_is_refused(String text) {
    same(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"2018-01-31T12:00:00Z\"",
        "\" 2018-01-31T12:00:00Z \"",
        "1517400000",
        "1517400000.5",
        "\"1517400000\"",
        "null"
      })
  void of_json_all_is_read_that_jackson_reads(String json) throws Exception {
    assertThat(EventJson.mapper().readValue(json, Instant.class))
        .isEqualTo(JACKSON.readValue(json, Instant.class));
  }

  private static void same(String text) {
    Instant java;
    try {
      java = Instant.parse(text);
    } catch (DateTimeException e) {
      assertThatThrownBy(() -> Instants.parse(text))
          .isInstanceOf(DateTimeException.class)
          .hasMessage(e.getMessage());
      return;
    }
    assertThat(Instants.parse(text)).isEqualTo(java);
  }
}
