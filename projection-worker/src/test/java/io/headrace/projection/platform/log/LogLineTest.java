package io.headrace.projection.platform.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.events.platform.RecordedEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class LogLineTest {

  private final LogLine line = new LogLine();

  @Test
  void the_payload_stays_as_it_was_written_byte_for_byte() throws IOException {
    String payload = "{ \"b\":1.50,  \"text\":\"ação \\u00e7 }\", \"nested\":{\"x\":[1, 2]}}";
    LogLine.Read read =
        read(
            """
            {"id":"order-1@2","context":"ordering","streamId":"order-1","streamVersion":2,"type":"ordering.X.v1",\
            "partitionKey":"1","recordedAt":"2026-11-21T15:00:00.123456Z",\
            "metadata":{"ce_correlationid":"c","traceparent":"t","unknown":"u"},"data":%s,"later":[{}]}"""
                .formatted(payload));
    RecordedEvent event = read.event();
    assertThat(new String(event.payload(), StandardCharsets.UTF_8)).isEqualTo(payload);
    assertThat(event.id()).isEqualTo("order-1@2").isEqualTo(read.place());
    assertThat(event.recordedAt()).isEqualTo(Instant.parse("2026-11-21T15:00:00.123456Z"));
    assertThat(event.metadata().correlationId()).isEqualTo("c");
    assertThat(event.metadata().traceparent()).isEqualTo("t");
  }

  @Test
  void a_payload_that_is_no_object_is_cut_out_whole_too() throws IOException {
    for (String payload : new String[] {"\"text, with \\\" in it\"", "12345", "null", "[]"}) {
      String text =
          """
          {"id":"s@1","context":"c","streamId":"s","streamVersion":1,"type":"c.X.v1","partitionKey":"k",\
          "recordedAt":"2026-11-21T15:00:00Z","data":%s}"""
              .formatted(payload);
      assertThat(new String(read(text).event().payload(), StandardCharsets.UTF_8))
          .isEqualTo(payload);
    }
  }

  @Test
  void the_end_says_how_much_there_was() throws IOException {
    LogLine.Read read = read("{\"end\":true,\"events\":7}");
    assertThat(read.end()).isTrue();
    assertThat(read.events()).isEqualTo(7);
  }

  @Test
  void what_is_no_event_is_refused() {
    for (String text :
        new String[] {"", "[]", "{}", "{\"id\":\"s@1\"", "{\"streamVersion\":\"x\"}"}) {
      assertThatThrownBy(() -> read(text)).as(text).isInstanceOf(IOException.class);
    }
  }

  private LogLine.Read read(String text) throws IOException {
    return line.read(text.getBytes(StandardCharsets.UTF_8));
  }
}
