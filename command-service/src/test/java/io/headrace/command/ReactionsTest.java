package io.headrace.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.InjectableValues;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.command.contexts.ordering.OrderDefinition;
import io.headrace.command.contexts.ordering.OrderFulfilment;
import io.headrace.command.contexts.payment.PaymentDefinition;
import io.headrace.command.contexts.shipping.ShipmentDefinition;
import io.headrace.command.platform.spi.AggregateDefinition;
import io.headrace.command.platform.spi.AggregateId;
import io.headrace.command.platform.spi.Decider;
import io.headrace.command.platform.spi.Decision;
import io.headrace.command.platform.spi.DefaultNow;
import io.headrace.command.platform.spi.ProcessManager;
import io.headrace.command.platform.spi.Reaction;
import io.headrace.command.platform.spi.Rejection;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.EventMetadata;
import io.headrace.events.platform.RecordedEvent;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The reactions between the contexts, with all of them in memory: the commands of a scenario are
 * sent by clients, the events come to the process through three topics, and its commands go back to
 * the deciders. At each moment any topic may be the next to deliver, or the next client command may
 * be sent; whatever is chosen, the streams end in the same states.
 */
class ReactionsTest {

  /**
   * @param commands of the clients, in the order in which they are sent
   * @param end the status of each stream at the end
   */
  private record Scenario(String name, List<String> commands, Map<String, String> end) {

    @Override
    public String toString() {
      return name;
    }
  }

  private static final String PLACE = "order/o place-order total=100";
  private static final String PAY = "payment/a authorize-payment 100";
  private static final String CANCEL = "order/o cancel-order";
  private static final String DISPATCH = "shipment/o dispatch-shipment";
  private static final String DELIVER = "shipment/o deliver-shipment";

  static Stream<Scenario> anyInterleaving() {
    return Stream.of(
        scenario(
            "a paid order is confirmed and its shipment requested",
            List.of(PLACE, PAY),
            "order/o=confirmed payment/a=authorized shipment/o=requested"),
        scenario(
            "an order paid before it is placed is confirmed",
            List.of(PAY, PLACE),
            "order/o=confirmed payment/a=authorized shipment/o=requested"),
        scenario(
            "several payments confirm together",
            List.of(PLACE, "payment/a authorize-payment 60", "payment/b authorize-payment 40"),
            "order/o=confirmed payment/a=authorized payment/b=authorized shipment/o=requested"),
        scenario(
            "an underpaid order stays placed",
            List.of(PLACE, "payment/a authorize-payment 60"),
            "order/o=placed payment/a=authorized"),
        scenario(
            "declined payments do not count",
            List.of(PLACE, "payment/a decline-payment 100", "payment/b authorize-payment 60"),
            "order/o=placed payment/a=declined payment/b=authorized"),
        scenario(
            "an overpaid order is confirmed once, and a later payment changes nothing",
            List.of(PLACE, "payment/a authorize-payment 150", "payment/b authorize-payment 5"),
            "order/o=confirmed payment/a=authorized payment/b=authorized shipment/o=requested"),
        scenario(
            "an order of nothing is never confirmed",
            List.of("order/o place-order total=0", "payment/a authorize-payment 1"),
            "order/o=placed payment/a=authorized"),
        scenario(
            "payments refunded before the order is paid do not count",
            List.of(
                PLACE,
                "payment/a authorize-payment 60",
                "payment/a refund-payment",
                "payment/b authorize-payment 40"),
            "order/o=placed payment/a=refunded payment/b=authorized"),
        scenario(
            "a cancelled order is refunded",
            List.of(PLACE, "payment/a authorize-payment 60", CANCEL),
            "order/o=cancelled payment/a=refunded"),
        scenario(
            "a payment after the cancellation is refunded",
            List.of(PLACE, CANCEL, PAY, "payment/b authorize-payment 3"),
            "order/o=cancelled payment/a=refunded payment/b=refunded"),
        scenario(
            "a rejected order is refunded",
            List.of(
                PLACE,
                "payment/a authorize-payment 30",
                "payment/b decline-payment 70",
                "order/o reject-order"),
            "order/o=rejected payment/a=refunded payment/b=declined"),
        scenario(
            "a payment that a client has captured is refunded too",
            List.of(PLACE, "payment/a authorize-payment 60", "payment/a capture-payment", CANCEL),
            "order/o=cancelled payment/a=refunded"),
        scenario(
            "money of another currency goes back",
            List.of(PLACE, "payment/a authorize-payment 100 USD"),
            "order/o=placed payment/a=refunded"));
  }

  /** Here the clients wait for what the process does before they go on: "…" */
  static Stream<Scenario> inStages() {
    return Stream.of(
        scenario(
            "a delivered order is captured and completed",
            List.of(PLACE, PAY, "…", DISPATCH, DELIVER),
            "order/o=completed payment/a=captured shipment/o=delivered"),
        scenario(
            "every payment of a delivered order is captured",
            List.of(
                PLACE,
                "payment/a authorize-payment 60",
                "payment/b authorize-payment 40",
                "payment/c decline-payment 10",
                "…",
                DISPATCH,
                DELIVER,
                "payment/d authorize-payment 5"),
            "order/o=completed payment/a=captured payment/b=captured payment/c=declined"
                + " payment/d=captured shipment/o=delivered"),
        scenario(
            "a shipment that fails once is delivered at last",
            List.of(PLACE, PAY, "…", DISPATCH, "shipment/o fail-shipment", DISPATCH, DELIVER),
            "order/o=completed payment/a=captured shipment/o=delivered"),
        scenario(
            "a confirmed order that is cancelled is refunded and not shipped",
            List.of(PLACE, PAY, "…", CANCEL),
            "order/o=cancelled payment/a=refunded shipment/o=cancelled"),
        scenario(
            "a confirmed order that is rejected is refunded and not shipped",
            List.of(PLACE, PAY, "…", "order/o reject-order"),
            "order/o=rejected payment/a=refunded shipment/o=cancelled"),
        scenario(
            "cancelled after dispatch: refunded, delivered all the same, and not captured",
            List.of(PLACE, PAY, "…", DISPATCH, CANCEL, DELIVER),
            "order/o=cancelled payment/a=refunded shipment/o=delivered"),
        scenario(
            "cancelled after dispatch and never delivered",
            List.of(PLACE, PAY, "…", DISPATCH, CANCEL, "shipment/o fail-shipment"),
            "order/o=cancelled payment/a=refunded shipment/o=failed"),
        scenario(
            "delivered before it was paid: completed when it is",
            List.of(PLACE, "shipment/o request-shipment", DISPATCH, DELIVER, "…", PAY),
            "order/o=completed payment/a=captured shipment/o=delivered"),
        scenario(
            "a completed order stays so",
            List.of(
                PLACE, PAY, "…", DISPATCH, DELIVER, "…", CANCEL, "payment/b authorize-payment 1"),
            "order/o=completed payment/a=captured payment/b=captured shipment/o=delivered"));
  }

  @ParameterizedTest
  @MethodSource({"anyInterleaving", "inStages"})
  void every_interleaving_ends_in_the_same_states(Scenario scenario) {
    // Exhaustive up to a bound: the choices of a run are digits, counted up like an odometer.
    List<Integer> choices = new ArrayList<>();
    int runs = 0;
    do {
      List<Integer> widths = new ArrayList<>();
      assertThat(run(scenario, width -> next(choices, widths, width)))
          .as("choices %s", choices)
          .isEqualTo(scenario.end);
      while (!choices.isEmpty() && choices.getLast() + 1 == widths.get(choices.size() - 1)) {
        choices.removeLast();
      }
      if (!choices.isEmpty()) {
        choices.set(choices.size() - 1, choices.getLast() + 1);
      }
    } while (!choices.isEmpty() && ++runs < 20_000);
  }

  private static int next(List<Integer> choices, List<Integer> widths, int width) {
    widths.add(width);
    if (choices.size() < widths.size()) {
      choices.add(0);
    }
    return choices.get(widths.size() - 1);
  }

  @ParameterizedTest
  @MethodSource({"anyInterleaving", "inStages"})
  void shuffled_topics_end_in_the_same_states(Scenario scenario) {
    for (long seed = 0; seed < 2_000; seed++) {
      Random random = new Random(seed);
      assertThat(run(scenario, random::nextInt)).as("seed %d", seed).isEqualTo(scenario.end);
    }
  }

  @Test
  void a_confirmation_bears_the_time_at_which_the_money_was_complete() {
    for (long seed = 0; seed < 200; seed++) {
      World world = new World();
      Random random = new Random(seed);
      List<String> commands =
          List.of(
              PLACE,
              "payment/a authorize-payment 60",
              "payment/b authorize-payment 50",
              "payment/c authorize-payment 70");
      world.play(commands, random::nextInt);
      // Place is second 0, the payments are seconds 1, 2 and 3; a and b are enough.
      assertThat(world.states.get("order/o").path("confirmedAt").asText())
          .isEqualTo(World.START.plusSeconds(2).toString());
    }
  }

  @FunctionalInterface
  private interface Choice {
    int among(int width);
  }

  private static Map<String, String> run(Scenario scenario, Choice choice) {
    World world = new World();
    world.play(scenario.commands, choice);
    return world.statuses();
  }

  private static Scenario scenario(String name, List<String> commands, String end) {
    Map<String, String> states = new TreeMap<>();
    Pattern.compile("(\\S+)=(\\S+)")
        .matcher(end)
        .results()
        .forEach((MatchResult match) -> states.put(match.group(1), match.group(2)));
    return new Scenario(name, commands, states);
  }

  /** The command service, the log and Kafka of one order. */
  private static final class World {

    static final Instant START = Instant.parse("2018-01-01T00:00:00Z");

    private static final Map<String, AggregateDefinition<?, ?, ?, ?>> DEFINITIONS =
        Map.of(
            "order", new OrderDefinition(),
            "payment", new PaymentDefinition(),
            "shipment", new ShipmentDefinition());
    private static final ObjectMapper MAPPER = EventJson.mapper();

    private final Map<String, Journal<?, ?, ?, ?>> streams = new TreeMap<>();
    private final Map<String, Deque<Published>> topics = new TreeMap<>();
    private final Running<?> process = new Running<>(new OrderFulfilment());
    private final TreeSet<String> sent = new TreeSet<>();
    private final Map<String, JsonNode> states = new HashMap<>();
    private long seconds;

    private record Published(DomainEvent event, RecordedEvent recorded) {}

    void play(List<String> script, Choice choice) {
      Deque<String> commands = new ArrayDeque<>(script);
      while (true) {
        List<Runnable> possible = new ArrayList<>();
        topics.values().stream()
            .filter(topic -> !topic.isEmpty())
            .<Runnable>map(topic -> () -> process.receive(topic.removeFirst()))
            .forEach(possible::add);
        if ("…".equals(commands.peekFirst())) {
          if (possible.isEmpty()) {
            commands.removeFirst();
            continue;
          }
        } else if (!commands.isEmpty()) {
          possible.add(() -> client(commands.removeFirst()));
        }
        if (possible.isEmpty()) {
          return;
        }
        possible.get(choice.among(possible.size())).run();
      }
    }

    Map<String, String> statuses() {
      Map<String, String> statuses = new TreeMap<>();
      states.forEach((stream, state) -> statuses.put(stream, state.path("status").asText()));
      return statuses;
    }

    /** {@code <aggregate>/<id> <command> [<argument>…]}. */
    private void client(String line) {
      String[] words = line.split("[ /]");
      ObjectNode body = MAPPER.createObjectNode();
      switch (words[2]) {
        case "place-order" -> {
          body.put("customerId", "c");
          ObjectNode item = body.putArray("lines").addObject();
          item.put("productId", "p").put("sellerId", "s").put("quantity", 1);
          item.set("unitPrice", money(words[3].substring("total=".length()), "BRL"));
          item.set("freight", money("0", "BRL"));
        }
        case "authorize-payment", "decline-payment" -> {
          body.put("orderId", "o").put("method", "credit_card").put("installments", 1);
          body.set("amount", money(words[3], words.length > 4 ? words[4] : "BRL"));
          body.put("reason", "declined");
        }
        case "request-shipment" -> body.put("orderId", "o");
        default -> body.put("reason", "because");
      }
      dispatch(words[0], words[1], words[2], body, START.plusSeconds(seconds++));
    }

    private static ObjectNode money(String amount, String currency) {
      return MAPPER.createObjectNode().put("amount", amount).put("currency", currency);
    }

    private void dispatch(String aggregate, String id, String name, JsonNode body, Instant now) {
      streams
          .computeIfAbsent(aggregate + "/" + id, _ -> new Journal<>(DEFINITIONS.get(aggregate), id))
          .receive(name, body, now);
    }

    private final class Running<S> {

      private final ProcessManager<S> manager;
      private S state;

      Running(ProcessManager<S> manager) {
        this.manager = manager;
        this.state = manager.initial();
      }

      void receive(Published published) {
        // Through JSON, as between two batches.
        state =
            MAPPER.convertValue(
                MAPPER.valueToTree(manager.evolve(state, published.event)), manager.stateType());
        for (Reaction reaction : manager.react(state, published.event, published.recorded)) {
          assertThat(sent.add(published.recorded.id() + ":" + reaction.step()))
              .as("step %s is unique", reaction.step())
              .isTrue();
          AggregateDefinition<?, ?, ?, ?> target =
              DEFINITIONS.values().stream()
                  .filter(definition -> definition.collection().equals(reaction.collection()))
                  .findFirst()
                  .orElseThrow();
          assertThat(target.events().context()).isEqualTo(reaction.context());
          dispatch(
              target.aggregate(),
              reaction.id(),
              reaction.command(),
              MAPPER.valueToTree(reaction.body()),
              Instant.MAX);
        }
      }
    }

    /** One stream, with what the platform does around a decider. */
    private final class Journal<C, S, E extends DomainEvent, R extends Rejection> {

      private final AggregateDefinition<C, S, E, R> definition;
      private final Decider<C, S, E, R> decider;
      private final String id;
      private S state;
      private long version;

      Journal(AggregateDefinition<C, S, E, R> definition, String id) {
        this.definition = definition;
        this.decider = definition.decider();
        this.id = id;
        this.state = decider.initial();
      }

      void receive(String name, JsonNode body, Instant now) {
        if (decider.decide(command(name, body, now), state)
            instanceof Decision.Accepted<E, R>(List<E> events)) {
          for (E event : events) {
            state = decider.evolve(state, event);
            version++;
            RecordedEvent recorded =
                new RecordedEvent(
                    definition.events().context(),
                    definition.aggregate() + "-" + id,
                    version,
                    event.getClass().getSimpleName(),
                    event.partitionKey(),
                    START,
                    EventMetadata.NONE,
                    new byte[0]);
            topics
                .computeIfAbsent(recorded.context(), _ -> new ArrayDeque<>())
                .addLast(new Published(event, recorded));
          }
          if (version > 0) {
            states.put(definition.aggregate() + "/" + id, MAPPER.valueToTree(state));
          }
        }
      }

      private C command(String name, JsonNode body, Instant now) {
        Class<? extends C> type =
            definition.commandTypes().stream()
                .filter(each -> kebab(each.getSimpleName()).equals(name))
                .findFirst()
                .orElseThrow();
        try {
          return MAPPER
              .readerFor(type)
              .with(
                  new InjectableValues.Std()
                      .addValue(AggregateId.KEY, id)
                      .addValue(DefaultNow.KEY, now))
              .readValue(body);
        } catch (IOException e) {
          throw new AssertionError(name + " " + body, e);
        }
      }

      private static String kebab(String name) {
        return IntStream.range(0, name.length())
            .mapToObj(
                i ->
                    (i > 0 && Character.isUpperCase(name.charAt(i)) ? "-" : "")
                        + Character.toLowerCase(name.charAt(i)))
            .reduce("", String::concat);
      }
    }
  }
}
