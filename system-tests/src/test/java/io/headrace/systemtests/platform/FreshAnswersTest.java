package io.headrace.systemtests.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.localstack.Stack;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Commands and queries are apart by Kafka; a client need not notice. */
@ExtendWith(WithStack.class)
class FreshAnswersTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern COMPLETE =
      Pattern.compile("complete-until=\"([^\"]+)\", age=([0-9.]+)");

  @Test
  void what_a_client_has_written_is_in_the_first_answer_that_it_asks_for_with_its_token(
      Stack stack) {
    for (int i = 0; i < 20; i++) {
      String order = "fresh-" + i;
      String placed = token(stack, order, "place-order", PLACE);
      assertThat(query(stack, "/orders/" + order, placed).path("status").asText())
          .isEqualTo("placed");
      String cancelled = token(stack, order, "cancel-order", "{\"reason\": \"changed my mind\"}");
      // Of both commands, and in a list.
      var mine = query(stack, "/customers/c-" + order + "/orders", placed + "," + cancelled);
      assertThat(mine.at("/orders/0/status").asText()).isEqualTo("cancelled");
    }
    assertThat(Http.get(stack.queryUrl() + "/orders/fresh-0?consistency=forged").status())
        .isEqualTo(400);
  }

  private static final String PLACE =
      """
      {"customerId": "c-%s", "lines": [{"productId": "p", "sellerId": "s", "quantity": 1,
        "unitPrice": {"amount": "1.00", "currency": "BRL"},
        "freight": {"amount": "0", "currency": "BRL"}}]}
      """;

  private static String token(Stack stack, String order, String command, String body) {
    Http.Answer answer =
        Http.post(
            stack.commandUrl() + "/ordering/orders/" + order + "/" + command,
            body.replace("%s", order));
    assertThat(answer.status()).as("%s", answer.body()).isIn(200, 201);
    return answer.header("Consistency-Token");
  }

  private static JsonNode query(Stack stack, String path, String tokens) {
    Http.Answer answer = Http.get(stack.queryUrl() + path + "?consistency=" + tokens);
    assertThat(answer.status()).as("%s", answer.body()).isEqualTo(200);
    return answer.body();
  }

  @Test
  void a_view_stays_complete_while_nothing_is_written_and_grows_old_without_relay_and_worker(
      Stack stack) {
    token(stack, "fresh-idle", "place-order", PLACE);
    Instant written = Instant.now();
    await().atMost(PATIENCE).until(() -> completeUntil(stack).isAfter(written));
    // Nothing is written meanwhile, and it goes on.
    await()
        .atMost(PATIENCE)
        .until(() -> completeUntil(stack).isAfter(written.plus(Duration.ofSeconds(2))));

    stack.kill("relay");
    Instant stopped = old(stack);
    stack.kill("worker");
    stack.start("relay");
    assertThat(old(stack)).as("while either of them is dead").isEqualTo(stopped);
    stack.start("worker");
    await().atMost(PATIENCE).until(() -> completeUntil(stack).isAfter(stopped));
    stack.awaitReady();
  }

  /** Answers go on, and say how old they are. */
  private static Instant old(Stack stack) {
    double before = age(stack);
    await().atMost(PATIENCE).until(() -> age(stack) > Math.max(5, before + 1));
    return completeUntil(stack);
  }

  private static Instant completeUntil(Stack stack) {
    Matcher position = position(stack);
    return position == null ? Instant.MIN : Instant.parse(position.group(1));
  }

  private static double age(Stack stack) {
    Matcher position = position(stack);
    return position == null ? 0 : Double.parseDouble(position.group(2));
  }

  private static Matcher position(Stack stack) {
    Http.Answer answer = Http.get(stack.queryUrl() + "/orders/fresh-idle");
    assertThat(answer.status()).isIn(200, 404);
    Matcher matcher = COMPLETE.matcher(answer.header("View-Position"));
    return matcher.find() ? matcher : null;
  }
}
