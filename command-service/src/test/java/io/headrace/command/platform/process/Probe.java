package io.headrace.command.platform.process;

import io.headrace.command.platform.spi.ProcessManager;
import io.headrace.command.platform.spi.Reaction;
import io.headrace.events.contexts.review.ReviewEvent.ReviewPosted;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.RecordedEvent;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A process manager with the defects that a review's title asks for; it counts what it folded. */
@ApplicationScoped
public class Probe implements ProcessManager<Probe.Folded> {

  @RegisterForReflection
  public record Folded(int events) {}

  @Override
  public String name() {
    return "probe";
  }

  @Override
  public String context() {
    return "review";
  }

  @Override
  public Set<String> contexts() {
    return Set.of("review");
  }

  @Override
  public String keyOf(DomainEvent event) {
    return event.partitionKey();
  }

  @Override
  public Class<Folded> stateType() {
    return Folded.class;
  }

  @Override
  public Folded initial() {
    return new Folded(0);
  }

  @Override
  public Folded evolve(Folded state, DomainEvent event) {
    if (event instanceof ReviewPosted posted && "throw".equals(posted.title())) {
      throw new IllegalStateException("asked to");
    }
    return new Folded(state.events() + 1);
  }

  @Override
  public List<Reaction> react(Folded state, DomainEvent event, RecordedEvent recorded) {
    if (event instanceof ReviewPosted posted && posted.title() != null) {
      return switch (posted.title()) {
        case "nowhere" -> List.of(new Reaction("s", "no", "where", "x", "do-nothing", Map.of()));
        case "invalid" ->
            List.of(new Reaction("s", "ordering", "orders", "x", "cancel-order", Map.of("a", 1)));
        default -> List.of();
      };
    }
    return List.of();
  }
}
