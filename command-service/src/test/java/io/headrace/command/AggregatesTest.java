package io.headrace.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.command.contexts.counter.CounterDefinition;
import io.headrace.command.platform.dispatch.Aggregates;
import java.util.List;
import org.junit.jupiter.api.Test;

class AggregatesTest {

  @Test
  void aggregates_whose_streams_could_have_one_id_are_refused() {
    for (List<String> names :
        List.of(
            List.of("gift", "gift"), List.of("gift", "gift-card"), List.of("gift-card", "gift"))) {
      assertThatThrownBy(() -> aggregates(names))
          .hasMessageContaining("their streams could have the same id")
          .hasMessageContaining("'" + names.getFirst() + "'")
          .hasMessageContaining("'" + names.getLast() + "'");
    }
  }

  @Test
  void aggregates_that_only_begin_with_the_same_letters_are_not() {
    assertThat(aggregates(List.of("gift", "giftcard")).all()).hasSize(2);
  }

  private static Aggregates aggregates(List<String> names) {
    return new Aggregates(List.of(named(names.getFirst(), "a"), named(names.getLast(), "b")));
  }

  private static CounterDefinition named(String name, String collection) {
    return new CounterDefinition() {
      @Override
      public String aggregate() {
        return name;
      }

      @Override
      public String collection() {
        return collection;
      }
    };
  }
}
