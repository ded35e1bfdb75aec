package io.headrace.command.contexts.counter;

import io.headrace.command.contexts.counter.Counter.None;
import io.headrace.command.contexts.counter.Counter.Open;
import io.headrace.command.contexts.counter.CounterCommand.FillCounter;
import io.headrace.command.contexts.counter.CounterCommand.IncreaseCounter;
import io.headrace.command.contexts.counter.CounterCommand.Label;
import io.headrace.command.contexts.counter.CounterCommand.OpenCounter;
import io.headrace.command.contexts.counter.CounterEvent.CounterIncreased;
import io.headrace.command.contexts.counter.CounterEvent.CounterOpened;
import io.headrace.command.contexts.counter.CounterRejection.CounterAlreadyOpen;
import io.headrace.command.contexts.counter.CounterRejection.CounterFull;
import io.headrace.command.contexts.counter.CounterRejection.CounterNotOpen;
import io.headrace.command.platform.spi.AggregateDefinition;
import io.headrace.command.platform.spi.Decider;
import io.headrace.command.platform.spi.Decision;
import io.headrace.events.platform.ContextEvents;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collections;
import java.util.List;

@ApplicationScoped
public class CounterDefinition
    implements AggregateDefinition<CounterCommand, Counter, CounterEvent, CounterRejection> {

  static final long FULL = 1_000_000;

  @Override
  public String aggregate() {
    return "counter";
  }

  @Override
  public String collection() {
    return "counters";
  }

  @Override
  public ContextEvents<CounterEvent> events() {
    return CounterEvent.EVENTS;
  }

  @Override
  public Class<CounterCommand> commandRoot() {
    return CounterCommand.class;
  }

  @Override
  public List<Class<? extends CounterCommand>> commandTypes() {
    return List.of(OpenCounter.class, IncreaseCounter.class, FillCounter.class);
  }

  @Override
  public Class<Counter> stateType() {
    return Counter.class;
  }

  @Override
  public Decider<CounterCommand, Counter, CounterEvent, CounterRejection> decider() {
    return new CounterDecider();
  }

  private static final class CounterDecider
      implements Decider<CounterCommand, Counter, CounterEvent, CounterRejection> {

    private record When(Counter counter, CounterCommand command) {}

    private record Then(Counter counter, CounterEvent event) {}

    @Override
    public Counter initial() {
      return new None();
    }

    @Override
    public Decision<CounterEvent, CounterRejection> decide(
        CounterCommand command, Counter counter) {
      return switch (new When(counter, command)) {
        case When(None _, OpenCounter c) ->
            Decision.accept(new CounterOpened(c.counterId(), c.labels(), c.note(), c.at()));
        case When(Open _, OpenCounter c) ->
            Decision.reject(new CounterAlreadyOpen(c.counterId(), "open"));
        case When(None _, IncreaseCounter c) -> Decision.reject(new CounterNotOpen(c.counterId()));
        case When(Open o, IncreaseCounter c) -> increase(o, c);
        case When(_, FillCounter c) ->
            Decision.accept(
                new CounterOpened(
                    c.counterId(),
                    List.of(),
                    "x".repeat((int) c.bytes()),
                    java.time.Instant.EPOCH));
      };
    }

    private static Decision<CounterEvent, CounterRejection> increase(Open o, IncreaseCounter c) {
      if (c.by() == 666) {
        throw new IllegalStateException("no decider is perfect: " + c.ticket());
      }
      if (c.by() == 668 && o.total() > 2000) {
        throw new IllegalStateException("this was not thought of: " + o.total());
      }
      if (c.by() == 667) {
        throw new ExceptionInInitializerError("nor is any class it uses: " + c.ticket());
      }
      if (o.total() + c.by() > FULL) {
        return Decision.reject(new CounterFull(c.counterId(), o.total()));
      }
      int times = c.by() == 0 ? 0 : c.times() == null ? 1 : c.times();
      return new Decision.Accepted<>(
          Collections.nCopies(times, new CounterIncreased(c.counterId(), c.by(), c.ticket())));
    }

    @Override
    public Counter evolve(Counter counter, CounterEvent event) {
      return switch (new Then(counter, event)) {
        case Then(_, CounterOpened e) ->
            new Open(0, e.labels().stream().map(Label::text).toList(), e.openedAt());
        case Then(Open o, CounterIncreased e) ->
            new Open(o.total() + e.by(), o.labels(), o.openedAt());
        case Then(None n, CounterIncreased _) -> n;
      };
    }
  }
}
