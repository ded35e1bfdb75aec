package io.headrace.command.platform.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.headrace.command.platform.binding.CommandBinding;
import io.headrace.command.platform.binding.CommandBinding.Bound;
import io.headrace.command.platform.binding.Shapes;
import io.headrace.command.platform.binding.TestBinding;
import io.headrace.command.platform.dispatch.Names;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.EventMetadata;
import io.headrace.events.platform.RecordedEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/**
 * The rules of a process manager as a specification: {@code given(events)} and one of {@code
 * thenSends(reactions)}, {@code thenSendsNothing()}: what the last of the events makes it send.
 *
 * <p>Whatever it sends on the way is held against the definitions of the receivers: there is a
 * command of that name, and it takes that body, as strictly as from a client. A typo in a reaction
 * would otherwise stop the process in production.
 */
public final class ProcessSpec<S> {

  private static final CommandBinding BINDING = TestBinding.create();

  private final ProcessManager<S> manager;
  private final List<AggregateDefinition<?, ?, ?, ?>> receivers;

  private ProcessSpec(ProcessManager<S> manager, List<AggregateDefinition<?, ?, ?, ?>> receivers) {
    this.manager = manager;
    this.receivers = receivers;
  }

  /**
   * @param receivers the aggregates that it sends commands to
   */
  public static <S> ProcessSpec<S> of(
      ProcessManager<S> manager, AggregateDefinition<?, ?, ?, ?>... receivers) {
    return new ProcessSpec<>(manager, Arrays.asList(receivers));
  }

  /** Events of one process, in the order in which they are heard of. */
  public Given given(DomainEvent... events) {
    assertThat(Arrays.stream(events).map(manager::keyOf).distinct())
        .as("the processes of these events")
        .hasSizeLessThanOrEqualTo(1);
    S state = manager.initial();
    List<Reaction> sent = List.of();
    for (DomainEvent event : events) {
      // Through JSON, as between two batches.
      state =
          EventJson.mapper()
              .convertValue(
                  EventJson.mapper().valueToTree(manager.evolve(state, event)),
                  manager.stateType());
      sent = manager.react(state, event, recorded(event));
      assertThat(manager.react(state, event, recorded(event)))
          .as("the answer to the same input")
          .isEqualTo(sent);
      assertThat(sent.stream().map(Reaction::step)).as("the steps").doesNotHaveDuplicates();
      sent.forEach(this::requireTaken);
    }
    return new Given(sent);
  }

  /** What the last event leads to. */
  public static final class Given {

    private final List<Reaction> sent;

    private Given(List<Reaction> sent) {
      this.sent = sent;
    }

    /** In any order. */
    public void thenSends(Reaction... expected) {
      assertThat(sent).containsExactlyInAnyOrder(expected);
    }

    public void thenSendsNothing() {
      assertThat(sent).isEmpty();
    }
  }

  private static RecordedEvent recorded(DomainEvent event) {
    return new RecordedEvent(
        "context",
        "stream-1",
        1,
        event.getClass().getSimpleName(),
        event.partitionKey(),
        Instant.EPOCH,
        EventMetadata.NONE,
        new byte[0]);
  }

  private void requireTaken(Reaction reaction) {
    Class<?> command =
        receivers.stream()
            .filter(each -> each.events().context().equals(reaction.context()))
            .filter(each -> each.collection().equals(reaction.collection()))
            .<Class<?>>flatMap(each -> each.commandTypes().stream())
            .filter(type -> Names.kebab(type).equals(reaction.command()))
            .findFirst()
            .orElseGet(() -> fail("none of the receivers takes %s", reaction));
    Bound bound =
        BINDING.bind(
            new Shapes().of(command),
            EventJson.mapper().valueToTree(reaction.body()),
            reaction.id(),
            Instant.now(),
            Duration.ZERO);
    if (bound instanceof Bound.Refused(var errors)) {
      fail("%s is refused: %s", reaction, errors);
    }
  }
}
