package io.headrace.projection.platform.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.events.platform.EventCatalogue;
import io.headrace.projection.contexts.sample.AccountEvent;
import io.headrace.projection.contexts.sample.AccountEvent.Closed;
import io.headrace.projection.contexts.sample.AccountEvent.Cursed;
import io.headrace.projection.contexts.sample.AccountEvent.Moved;
import io.headrace.projection.contexts.sample.AccountsView;
import io.headrace.projection.contexts.sample.AccountsView.Account;
import io.headrace.projection.platform.engine.Lane.Parked;
import io.headrace.projection.platform.engine.Lane.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class FoldTest {

  private final EventCatalogue catalogue = new EventCatalogue(List.of(AccountEvent.EVENTS));
  private final CompiledView<Account> view = new CompiledView<>(new AccountsView());
  private final MemoryTables<Account> tables = new MemoryTables<>(view);
  private int offset;

  @Test
  void an_event_may_touch_several_rows() {
    take(event("s", 1, new Moved("a", "b", 5)));
    assertThat(tables.rows().values())
        .containsExactlyInAnyOrder(new Account("a", -5, 1), new Account("b", 5, 1));
  }

  @Test
  void a_row_that_evolves_to_nothing_is_gone_and_may_come_again() {
    take(event("s", 1, new Moved("a", "b", 5)), event("s", 2, new Closed("a")));
    assertThat(tables.rows()).containsOnlyKeys("b");
    take(event("s", 3, new Moved("a", "a", 1)));
    assertThat(tables.rows()).containsEntry("a", new Account("a", 0, 1));
    assertThat(tables.totals()).isEqualTo(tables.sumsOverRows());
  }

  @Test
  void an_event_that_comes_again_has_no_effect_in_the_same_batch_or_later() {
    Inbound first = event("s", 1, new Moved("a", "b", 5));
    take(first, first);
    take(first);
    assertThat(tables.rows()).containsEntry("a", new Account("a", -5, 1));
    assertThat(tables.parked()).isEmpty();
  }

  @Test
  void a_gap_stops_its_stream_in_order_and_no_other() {
    take(
        event("s", 1, new Moved("a", "b", 5)),
        event("s", 3, new Moved("a", "b", 7)),
        event("t", 1, new Moved("a", "c", 1)),
        event("s", 4, new Moved("a", "b", 9)));
    take(event("s", 5, new Moved("a", "b", 11)), event("t", 2, new Moved("a", "c", 1)));

    assertThat(tables.rows()).containsEntry("a", new Account("a", -7, 3));
    assertThat(tables.versions()).containsEntry("s", 1L).containsEntry("t", 2L);
    assertThat(parkedIds()).containsExactly("s@3", "s@4", "s@5");
    Parked first = tables.parked().getFirst();
    assertThat(first.reason()).isEqualTo(Reason.GAP);
    assertThat(first.lane()).isEqualTo(new Lane(Lane.Kind.STREAM, "s"));
    assertThat(first.cause()).isEqualTo("version 2 of the stream has not arrived, but 3 has");
  }

  @Test
  void a_stream_that_does_not_start_at_its_first_version_has_a_gap() {
    take(event("s", 2, new Moved("a", "b", 5)));
    assertThat(tables.rows()).isEmpty();
    assertThat(parkedIds()).containsExactly("s@2");
  }

  @Test
  void an_event_that_the_view_throws_on_parks_with_what_follows_of_its_key_and_nothing_else() {
    take(
        event("s", 1, new Moved("a", "b", 5)),
        event("s", 2, new Cursed("a", false)),
        event("s", 3, new Moved("a", "b", 7)),
        event("t", 1, new Moved("c", "a", 1)));
    take(event("s", 4, new Moved("a", "b", 9)));

    assertThat(tables.rows())
        .containsEntry("a", new Account("a", -5, 1))
        .containsEntry("b", new Account("b", 21, 3))
        .containsEntry("c", new Account("c", -1, 1));
    assertThat(tables.versions()).containsEntry("s", 4L);
    assertThat(parkedIds()).containsExactly("s@2", "s@3", "t@1", "s@4");
    assertThat(tables.parked()).extracting(Parked::lane).containsOnly(new Lane(Lane.Kind.KEY, "a"));
    assertThat(tables.parked().getFirst().cause()).contains("cursed");
    assertThat(tables.totals()).isEqualTo(tables.sumsOverRows());
  }

  @Test
  void an_event_without_a_key_to_be_had_stops_its_stream() {
    take(
        event("s", 1, new Cursed("a", true)),
        event("s", 2, new Moved("a", "b", 5)),
        event("t", 1, new Moved("a", "b", 7)));
    assertThat(tables.rows()).containsEntry("a", new Account("a", -7, 1));
    assertThat(parkedIds()).containsExactly("s@1", "s@2");
  }

  @Test
  void an_event_that_cannot_be_decoded_stops_its_stream() {
    take(
        published("s", 1, "sample.Moved.v1", "{\"from\": []}"),
        event("s", 2, new Moved("a", "b", 5)));
    assertThat(tables.rows()).isEmpty();
    assertThat(parkedIds()).containsExactly("s@1", "s@2");
    assertThat(tables.parked().getFirst().reason()).isEqualTo(Reason.UNDECODABLE);
  }

  @Test
  void an_event_of_an_unknown_type_moves_its_stream_on_and_changes_nothing() {
    take(
        published("s", 1, "sample.NotYetKnown.v1", "nonsense"),
        event("s", 2, new Moved("a", "b", 5)));
    assertThat(tables.versions()).containsEntry("s", 2L);
    assertThat(tables.rows()).hasSize(2);
    assertThat(tables.parked()).isEmpty();
  }

  @Test
  void a_record_that_is_no_event_parks_alone() {
    Inbound good = event("s", 1, new Moved("a", "b", 5));
    good.raw().headers().remove("ce_streamversion");
    take(Inbound.of(good.raw(), catalogue), event("t", 1, new Moved("a", "b", 7)));
    assertThat(tables.rows()).containsEntry("a", new Account("a", -7, 1));
    assertThat(tables.parked()).hasSize(1);
    assertThat(tables.parked().getFirst().lane().kind()).isEqualTo(Lane.Kind.RECORD);
  }

  @Property(tries = 100)
  void what_parks_and_what_is_folded_does_not_depend_on_the_batches(@ForAll long seed) {
    Random random = new Random(seed);
    List<Inbound> events = new ArrayList<>();
    int[] versions = new int[4];
    for (int i = 0; i < 60; i++) {
      int stream = random.nextInt(versions.length);
      versions[stream] += random.nextInt(40) == 0 ? 2 : 1;
      String one = "k" + random.nextInt(6);
      AccountEvent event =
          switch (random.nextInt(24)) {
            case 0 -> new Cursed(one, random.nextInt(4) == 0);
            case 1, 2 -> new Closed(one);
            default -> new Moved(one, "k" + random.nextInt(6), random.nextInt(100));
          };
      events.add(event("s" + stream, versions[stream], event));
      if (random.nextInt(10) == 0) {
        events.add(events.get(random.nextInt(events.size())));
      }
    }
    MemoryTables<Account> whole = new MemoryTables<>(view);
    whole.take(events);
    MemoryTables<Account> split = new MemoryTables<>(view);
    List<Inbound> batch = new ArrayList<>();
    for (Inbound event : events) {
      batch.add(event);
      if (random.nextInt(4) == 0) {
        split.take(batch);
        batch = new ArrayList<>();
      }
    }
    split.take(batch);

    assertThat(split.rows()).isEqualTo(whole.rows());
    assertThat(split.versions()).isEqualTo(whole.versions());
    assertThat(split.totals()).isEqualTo(whole.totals()).isEqualTo(split.sumsOverRows());
    assertThat(byLane(split)).isEqualTo(byLane(whole));
  }

  private static List<String> byLane(MemoryTables<Account> tables) {
    return tables.parked().stream()
        .map(p -> p.lane() + " " + p.inbound().recorded().id())
        .sorted()
        .toList();
  }

  private void take(Inbound... events) {
    tables.take(Arrays.asList(events));
  }

  private List<String> parkedIds() {
    return tables.parked().stream().map(p -> p.inbound().recorded().id()).toList();
  }

  private Inbound event(String stream, long version, AccountEvent event) {
    return Inbound.of(Published.of(catalogue, stream, version, event).at(0, offset++), catalogue);
  }

  private Inbound published(String stream, long version, String type, String payload) {
    return Inbound.of(
        Published.of("sample", stream, version, type, "a", payload.getBytes(StandardCharsets.UTF_8))
            .at(0, offset++),
        catalogue);
  }
}
