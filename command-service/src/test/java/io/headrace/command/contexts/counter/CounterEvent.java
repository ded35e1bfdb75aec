package io.headrace.command.contexts.counter;

import io.headrace.events.platform.ContextEvents;
import io.headrace.events.platform.DomainEvent;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

sealed interface CounterEvent extends DomainEvent {

  ContextEvents<CounterEvent> EVENTS =
      ContextEvents.of(
          "counting", CounterEvent.class, List.of(CounterOpened.class, CounterIncreased.class));

  String counterId();

  @Override
  default String partitionKey() {
    return counterId();
  }

  record CounterOpened(
      String counterId, List<CounterCommand.Label> labels, @Nullable String note, Instant openedAt)
      implements CounterEvent {}

  /**
   * @param ticket names the command, so that a test can tell whose event it is
   */
  record CounterIncreased(String counterId, int by, @Nullable String ticket)
      implements CounterEvent {

    @Override
    public String partitionKey() {
      // What no decider should do: PostgreSQL refuses the character in a text.
      return "poison".equals(ticket) ? "\u0000" : counterId;
    }
  }
}
