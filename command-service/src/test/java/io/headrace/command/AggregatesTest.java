package io.headrace.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.command.contexts.counter.CounterDefinition;
import io.headrace.command.platform.dispatch.Aggregate;
import io.headrace.command.platform.dispatch.Aggregates;
import io.headrace.command.platform.dispatch.Aggregates.Found;
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

  @Test
  void only_the_contexts_that_are_named_are_served() {
    Aggregates aggregates =
        new Aggregates(ContextsTest.definitions(), List.of("review", "ordering"));
    assertThat(aggregates.contexts()).containsExactly("ordering", "review");
    assertThat(aggregates.all())
        .extracting(Aggregate::context)
        .containsExactly("ordering", "review");
    assertThat(aggregates.find("payment", "payments", "capture-payment"))
        .isEqualTo(new Found.Elsewhere("payment", List.of("ordering", "review")));
    assertThat(aggregates.find("returning", "returns")).isInstanceOf(Found.Nothing.class);
    assertThat(aggregates.isElsewhere("shipping")).isTrue();
    assertThat(aggregates.isElsewhere("returning")).isFalse();
  }

  @Test
  void without_names_every_context_is_served() {
    assertThat(new Aggregates(ContextsTest.definitions(), List.of()).contexts())
        .containsExactly("ordering", "payment", "review", "shipping");
  }

  @Test
  void a_context_that_there_is_not_or_that_is_named_twice_is_refused() {
    assertThatThrownBy(() -> new Aggregates(ContextsTest.definitions(), List.of("paymnt")))
        .hasMessage(
            "HEADRACE_COMMANDS_CONTEXTS names the context 'paymnt', which this build does not"
                + " have; it has ordering, payment, review, shipping");
    assertThatThrownBy(
            () -> new Aggregates(ContextsTest.definitions(), List.of("payment", "payment")))
        .hasMessage("HEADRACE_COMMANDS_CONTEXTS names the context 'payment' twice");
  }

  private static Aggregates aggregates(List<String> names) {
    return new Aggregates(
        List.of(named(names.getFirst(), "a"), named(names.getLast(), "b")), List.of());
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
