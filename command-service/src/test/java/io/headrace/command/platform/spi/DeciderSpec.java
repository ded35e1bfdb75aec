package io.headrace.command.platform.spi;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.command.platform.spi.Decision.Accepted;
import io.headrace.command.platform.spi.Decision.Rejected;
import io.headrace.events.platform.DomainEvent;
import java.util.Arrays;
import java.util.List;

/**
 * The rules of a decider as a specification: {@code given(events).when(command)} and one of {@code
 * then(events)}, {@code thenNothing()}, {@code thenRejected(reason)}.
 */
public final class DeciderSpec<C, S, E extends DomainEvent, R extends Rejection> {

  private final Decider<C, S, E, R> decider;

  private DeciderSpec(Decider<C, S, E, R> decider) {
    this.decider = decider;
  }

  public static <C, S, E extends DomainEvent, R extends Rejection> DeciderSpec<C, S, E, R> of(
      Decider<C, S, E, R> decider) {
    return new DeciderSpec<>(decider);
  }

  @SafeVarargs
  @SuppressWarnings("varargs")
  public final Given given(E... events) {
    return given(Arrays.asList(events));
  }

  public Given given(List<? extends E> events) {
    S state = decider.initial();
    for (E event : events) {
      state = decider.evolve(state, event);
    }
    return new Given(state);
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
