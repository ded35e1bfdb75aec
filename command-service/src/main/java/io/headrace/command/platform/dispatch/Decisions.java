package io.headrace.command.platform.dispatch;

import io.headrace.command.platform.dispatch.CommandOutcome.Accepted;
import io.headrace.command.platform.dispatch.CommandOutcome.Rejected;
import io.headrace.command.platform.dispatch.CommandOutcome.Stale;
import io.headrace.command.platform.dispatch.CommandOutcome.TooLarge;
import io.headrace.command.platform.dispatch.VersionedState.Recorded;
import io.headrace.command.platform.log.EventLog.NewEvent;
import io.headrace.command.platform.spi.Decision;
import io.headrace.command.platform.spi.Rejection;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventCatalogue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Has one command decided on a state, and puts its events into the form that the log takes. */
final class Decisions {

  private final int maxEventBytes;

  Decisions(int maxEventBytes) {
    this.maxEventBytes = maxEventBytes;
  }

  /**
   * Sets the command's outcome and events.
   *
   * @return the state after it
   * @throws RuntimeException whatever the context's code throws: a defect
   */
  VersionedState decide(Pending pending, VersionedState on) {
    pending.events = List.of();
    Precondition precondition = pending.precondition;
    if (precondition != null && !precondition.holds(on.version())) {
      pending.outcome = new Stale(pending.streamId, on.version());
      return on;
    }
    return switch (pending.aggregate.decide(pending.command, on.state())) {
      case Decision.Rejected<DomainEvent, Rejection>(Rejection reason) -> {
        pending.outcome =
            new Rejected(
                pending.streamId,
                on.version(),
                pending.aggregate.context(),
                Names.kebab(reason.getClass()),
                reason.message(),
                pending.aggregate.members(reason),
                false);
        yield on;
      }
      case Decision.Accepted<DomainEvent, Rejection>(List<DomainEvent> events) ->
          accept(pending, on, events);
    };
  }

  private VersionedState accept(Pending pending, VersionedState on, List<DomainEvent> events) {
    List<NewEvent> encoded = new ArrayList<>(events.size());
    List<Recorded> recorded = new ArrayList<>(events.size());
    Object state = on.state();
    long bytes = 0;
    for (DomainEvent event : events) {
      EventCatalogue.Encoded wire = pending.aggregate.catalogue().encode(event);
      if (wire.payload().length > maxEventBytes) {
        pending.outcome = new TooLarge(wire.type(), wire.payload().length, maxEventBytes);
        return on;
      }
      String payload = new String(wire.payload(), StandardCharsets.UTF_8);
      encoded.add(
          new NewEvent(
              wire.context(), wire.type(), event.partitionKey(), pending.metadata, payload));
      recorded.add(new Recorded(wire.type(), payload));
      state = pending.aggregate.evolve(state, event);
      bytes += wire.payload().length;
    }
    pending.events = encoded;
    VersionedState after = pending.aggregate.after(on, state, recorded, bytes);
    pending.outcome =
        new Accepted(
            pending.streamId,
            after.version(),
            recorded.stream().map(Recorded::type).toList(),
            on.version() == 0 && !events.isEmpty(),
            false);
    return after;
  }
}
