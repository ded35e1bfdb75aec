package io.headrace.projection.contexts.sample;

import io.headrace.events.platform.ContextEvents;
import io.headrace.events.platform.DomainEvent;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;

public sealed interface AccountEvent extends DomainEvent {

  ContextEvents<AccountEvent> EVENTS =
      ContextEvents.of(
          "sample", AccountEvent.class, List.of(Moved.class, Closed.class, Cursed.class));

  /** Touches two rows. */
  @RegisterForReflection
  record Moved(String from, String to, long amount) implements AccountEvent {
    @Override
    public String partitionKey() {
      return from;
    }
  }

  /** Deletes its row. */
  @RegisterForReflection
  record Closed(String account) implements AccountEvent {
    @Override
    public String partitionKey() {
      return account;
    }
  }

  /** The view cannot fold it. */
  @RegisterForReflection
  record Cursed(String account, boolean evenItsKey) implements AccountEvent {
    @Override
    public String partitionKey() {
      return account;
    }
  }
}
