package io.headrace.projection.platform.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.events.platform.EventMetadata;
import io.headrace.events.platform.RecordedEvent;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ContextLogsTest {

  private static final URI A = URI.create("http://a:8080");
  private static final URI B = URI.create("http://b:8080");
  private static final URI C = URI.create("http://c:8080");

  private static final Set<String> ALL = Set.of("ordering", "payment", "review", "shipping");

  /** What each service is asked for, and with whose events it answers. */
  private final List<String> asked = new ArrayList<>();

  private @Nullable URI broken;

  private final class Log implements EventLog {

    private final URI service;

    Log(URI service) {
      this.service = service;
    }

    @Override
    public List<RecordedEvent> stream(
        String context, String streamId, long afterVersion, int limit) {
      asked.add(service.getHost() + " " + streamId);
      return List.of(event(context, streamId, afterVersion + 1));
    }

    @Override
    public void read(Set<String> contexts, @Nullable String place, Reader reader)
        throws LogUnavailableException {
      asked.add(service.getHost() + " " + String.join(",", contexts.stream().sorted().toList()));
      List<RecordedEvent> events = new ArrayList<>();
      for (String context : contexts.stream().sorted().toList()) {
        for (int version = 1; version <= 3; version++) {
          events.add(event(context, context + "-1", version));
        }
      }
      boolean behind = place == null;
      for (RecordedEvent each : events) {
        if (behind && !reader.event(each, each.id())) {
          return;
        }
        behind |= each.id().equals(place);
      }
      if (service.equals(broken)) {
        throw new LogUnavailableException("broken");
      }
    }
  }

  private static RecordedEvent event(String context, String stream, long version) {
    return new RecordedEvent(
        context,
        stream,
        version,
        context + ".Happened.v1",
        stream,
        Instant.EPOCH,
        EventMetadata.NONE,
        new byte[0]);
  }

  private EventLog logs(Map<String, URI> byContext) {
    return new ContextLogs(A, byContext, Log::new);
  }

  /** Ids and places, in the order of reading. */
  private static Map<String, String> read(EventLog logs, @Nullable String place, int most)
      throws LogUnavailableException {
    Map<String, String> read = new LinkedHashMap<>();
    logs.read(
        ALL,
        place,
        (event, there) -> {
          assertThat(read.put(event.id(), there)).as("twice in one reading").isNull();
          return read.size() < most;
        });
    return read;
  }

  @Test
  void one_log_is_read_in_one_go_and_its_places_are_its_own() throws Exception {
    Map<String, String> read = read(logs(Map.of()), null, 99);
    assertThat(asked).containsExactly("a ordering,payment,review,shipping");
    assertThat(read).hasSize(12);
    assertThat(read).allSatisfy((id, place) -> assertThat(place).isEqualTo(id));
    assertThat(read(logs(Map.of()), "shipping-1@2", 99).keySet()).containsExactly("shipping-1@3");
  }

  @Test
  void several_logs_are_each_read_for_the_contexts_that_they_have() throws Exception {
    Map<String, String> read =
        read(logs(Map.of("payment", B, "review", C, "shipping", B)), null, 99);
    assertThat(asked).containsExactly("a ordering", "b payment,shipping", "c review");
    assertThat(read).hasSize(12);
  }

  @Test
  void reading_goes_on_where_it_was_left_wherever_that_was() throws Exception {
    EventLog logs = logs(Map.of("payment", B, "review", C, "shipping", B));
    Map<String, String> whole = read(logs, null, 99);
    List<String> ids = List.copyOf(whole.keySet());
    for (int i = 0; i < ids.size(); i++) {
      Map<String, String> rest = read(logs, whole.get(ids.get(i)), 99);
      assertThat(rest.keySet()).containsExactlyElementsOf(ids.subList(i + 1, ids.size()));
      assertThat(whole).containsAllEntriesOf(rest);
    }
  }

  @Test
  void a_reader_that_has_enough_is_given_no_more() throws Exception {
    assertThat(read(logs(Map.of("payment", B)), null, 2)).hasSize(2);
    assertThat(asked).containsExactly("a ordering,review,shipping");
  }

  @Test
  void a_log_that_breaks_off_ends_the_reading() {
    broken = B;
    assertThatThrownBy(() -> read(logs(Map.of("payment", B, "review", C)), null, 99))
        .isInstanceOf(LogUnavailableException.class);
    assertThat(asked).containsExactly("a ordering,shipping", "b payment");
  }

  @Test
  void nothing_is_left_out_when_the_contexts_are_dealt_out_anew_in_the_middle() throws Exception {
    List<Map<String, URI>> deals =
        List.of(
            Map.of(),
            Map.of("payment", B),
            Map.of("ordering", B, "review", B),
            Map.of("ordering", B, "payment", C, "review", A, "shipping", C),
            Map.of("ordering", C, "payment", C, "review", C, "shipping", C));
    for (Map<String, URI> before : deals) {
      Map<String, String> whole = read(logs(before), null, 99);
      List<String> ids = List.copyOf(whole.keySet());
      for (Map<String, URI> after : deals) {
        for (int i = 0; i < ids.size(); i++) {
          Map<String, String> rest = read(logs(after), whole.get(ids.get(i)), 99);
          assertThat(rest.keySet())
              .as("%s, then %s, from %s", before, after, whole.get(ids.get(i)))
              .containsAll(ids.subList(i + 1, ids.size()));
        }
      }
    }
  }

  @Test
  void a_stream_is_looked_for_in_the_log_of_its_context() throws Exception {
    EventLog logs = logs(Map.of("payment", B));
    assertThat(logs.stream("payment", "payment-1", 4, 10)).hasSize(1);
    assertThat(logs.stream("ordering", "order-1", 4, 10)).hasSize(1);
    assertThat(asked).containsExactly("b payment-1", "a order-1");
  }
}
