package io.headrace.command.platform.spi;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.command.platform.log.EventLog;
import io.headrace.command.platform.log.EventLog.NewEvent;
import io.headrace.command.platform.log.EventLog.StreamAppend;
import io.headrace.command.platform.log.InMemoryEventLog;
import io.headrace.command.platform.spi.Decision.Accepted;
import io.headrace.command.platform.spi.Decision.Rejected;
import io.headrace.events.platform.ContextEvents;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventCatalogue;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The rules of a decider as a specification: {@code given(events).when(command)} and one of {@code
 * then(events)}, {@code thenNothing()}, {@code thenRejected(reason)}.
 */
public final class DeciderSpec<C, S, E extends DomainEvent, R extends Rejection> {

  private static final String STREAM = "stream-1";

  private final Decider<C, S, E, R> decider;
  private final ContextEvents<E> events;

  private DeciderSpec(AggregateDefinition<C, S, E, R> definition) {
    this.decider = definition.decider();
    this.events = definition.events();
  }

  /**
   * The events of a history go through a log and come back in the form in which they are stored.
   */
  public static <C, S, E extends DomainEvent, R extends Rejection> DeciderSpec<C, S, E, R> of(
      AggregateDefinition<C, S, E, R> definition) {
    return new DeciderSpec<>(definition);
  }

  @SafeVarargs
  @SuppressWarnings("varargs")
  public final Given given(E... events) {
    return given(Arrays.asList(events));
  }

  public Given given(List<? extends E> history) {
    S state = decider.initial();
    for (E event : recorded(history)) {
      state = decider.evolve(state, event);
    }
    return new Given(state);
  }

  private List<E> recorded(List<? extends E> history) {
    EventCatalogue catalogue = new EventCatalogue(List.of(events));
    EventLog log = new InMemoryEventLog();
    List<NewEvent> encoded =
        history.stream()
            .map(
                event -> {
                  EventCatalogue.Encoded wire = catalogue.encode(event);
                  return new NewEvent(
                      wire.context(),
                      wire.type(),
                      event.partitionKey(),
                      "{}",
                      new String(wire.payload(), StandardCharsets.UTF_8));
                })
            .toList();
    var append = new StreamAppend(STREAM, 0, encoded, List.of());
    assertThat(log.append(List.of(append)).await().indefinitely().done()).containsExactly(true);
    List<E> recorded =
        log.read(STREAM, 0, Integer.MAX_VALUE).await().indefinitely().events().stream()
            .map(
                event ->
                    events
                        .root()
                        .cast(
                            catalogue
                                .decode(
                                    event.type(), event.payload().getBytes(StandardCharsets.UTF_8))
                                .orElseThrow()))
            .toList();
    assertThat(recorded).isEqualTo(history);
    return recorded;
  }

  /** A stream with a history. */
  public final class Given {

    private final S state;

    private Given(S state) {
      this.state = state;
    }

    public Then when(C command) {
      return new Then(decider.decide(command, state));
    }

    public void thenState(S expected) {
      assertThat(state).isEqualTo(expected);
    }
  }

  /** The answer to a command. */
  public final class Then {

    private final Decision<E, R> decision;

    private Then(Decision<E, R> decision) {
      this.decision = decision;
    }

    @SafeVarargs
    @SuppressWarnings("varargs")
    public final void then(E... events) {
      assertThat(decision).isEqualTo(new Accepted<E, R>(List.of(events)));
    }

    public void thenNothing() {
      assertThat(decision).isEqualTo(new Accepted<E, R>(List.of()));
    }

    public void thenRejected(R reason) {
      assertThat(decision).isEqualTo(new Rejected<E, R>(reason));
    }
  }
}
