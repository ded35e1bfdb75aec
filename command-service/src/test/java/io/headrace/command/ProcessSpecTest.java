package io.headrace.command;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.command.contexts.review.ReviewDefinition;
import io.headrace.command.platform.spi.ProcessManager;
import io.headrace.command.platform.spi.ProcessSpec;
import io.headrace.command.platform.spi.Reaction;
import io.headrace.events.contexts.ordering.OrderEvent.OrderCompleted;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.RecordedEvent;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ProcessSpecTest {

  private static final OrderCompleted COMPLETED =
      new OrderCompleted("o1", Instant.parse("2018-01-01T10:00:00Z"));

  /** Answers every event with one command. */
  private record Answering(Reaction reaction) implements ProcessManager<Answering.Nothing> {

    record Nothing() {}

    @Override
    public String name() {
      return "answering";
    }

    @Override
    public String context() {
      return "counting";
    }

    @Override
    public Set<String> contexts() {
      return Set.of("ordering");
    }

    @Override
    public String keyOf(DomainEvent event) {
      return event.partitionKey();
    }

    @Override
    public Class<Nothing> stateType() {
      return Nothing.class;
    }

    @Override
    public Nothing initial() {
      return new Nothing();
    }

    @Override
    public Nothing evolve(Nothing nothing, DomainEvent event) {
      return nothing;
    }

    @Override
    public List<Reaction> react(Nothing nothing, DomainEvent event, RecordedEvent recorded) {
      return List.of(reaction);
    }
  }

  @Test
  void a_command_that_its_receiver_takes_is_compared() {
    Reaction post = post("post-review", Map.of("orderId", "o1", "score", 5));
    ProcessSpec.Given given = spec(post).given(COMPLETED);
    given.thenSends(post);
    assertThatThrownBy(given::thenSendsNothing).isInstanceOf(AssertionError.class);
    assertThatThrownBy(() -> given.thenSends(post("post-review", Map.of())))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void a_command_that_does_not_exist_is_found() {
    refused(post("post-reviews", Map.of("orderId", "o1", "score", 5)), "none of the receivers");
  }

  @Test
  void a_body_that_the_command_does_not_take_is_found() {
    refused(post("post-review", Map.of("orderId", "o1", "stars", 5)), "stars");
    refused(post("post-review", Map.of("orderId", "o1", "score", 6)), "score");
    refused(post("post-review", Map.of("score", 5)), "orderId");
  }

  @Test
  void events_of_two_processes_are_no_story_of_one() {
    ProcessSpec<?> spec = spec(post("post-review", Map.of("orderId", "o1", "score", 5)));
    assertThatThrownBy(
            () -> spec.given(COMPLETED, new OrderCompleted("o2", COMPLETED.completedAt())))
        .isInstanceOf(AssertionError.class);
  }

  private static void refused(Reaction reaction, String because) {
    ProcessSpec<?> spec = spec(reaction);
    assertThatThrownBy(() -> spec.given(COMPLETED))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(because);
  }

  private static ProcessSpec<?> spec(Reaction reaction) {
    return ProcessSpec.of(new Answering(reaction), new ReviewDefinition());
  }

  private static Reaction post(String command, Map<String, Object> body) {
    return new Reaction("step", "review", "reviews", "r1", command, body);
  }
}
