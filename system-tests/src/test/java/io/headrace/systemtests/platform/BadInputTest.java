package io.headrace.systemtests.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.Stack;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is no command is refused with a problem that names the field, and nothing is written. */
@ExtendWith(WithStack.class)
class BadInputTest {

  private static final String LINE =
      """
      {"productId": "p1", "sellerId": "s1", "quantity": 1,
       "unitPrice": {"amount": "1.00", "currency": "BRL"},
       "freight": {"amount": "1.00", "currency": "BRL"}}""";
  private static final String ORDER = "{\"customerId\": \"c1\", \"lines\": [" + LINE + "]}";

  private long writtenBefore;

  @BeforeEach
  void remember(Stack stack) throws SQLException {
    writtenBefore = written(stack);
  }

  @AfterEach
  void nothing_was_written(Stack stack) throws SQLException {
    assertThat(written(stack)).isEqualTo(writtenBefore);
  }

  /** All that these tests could have written; other tests' reactions may still be at work. */
  private static long written(Stack stack) throws SQLException {
    try (Connection connection = stack.postgres().connect(PostgresServer.COMMANDS);
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                """
                SELECT (SELECT count(*) FROM event_log WHERE stream_id LIKE '%-bad%')
                     + (SELECT count(*) FROM stream WHERE stream_id LIKE '%-bad%')
                """)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  static Stream<Arguments> bad_bodies() {
    return Stream.of(
        Arguments.of("malformed JSON", "{\"customerId\": ", ""),
        Arguments.of("no object", "[]", ""),
        Arguments.of("a missing field", "{\"lines\": [" + LINE + "]}", "customerId"),
        Arguments.of("an extra field", ORDER.replace("{\"c", "{\"colour\": 1, \"c"), "colour"),
        Arguments.of(
            "a wrong type", ORDER.replace("\"quantity\": 1", "\"quantity\": \"x\""), "quantity"),
        Arguments.of(
            "a number out of range",
            ORDER.replace("\"quantity\": 1", "\"quantity\": 0"),
            "quantity"),
        Arguments.of(
            "an amount with too many decimals", ORDER.replace("1.00", "1.005"), "unitPrice"),
        Arguments.of("an unknown currency", ORDER.replace("BRL", "XXQ"), "unitPrice"),
        Arguments.of("an id that is none", ORDER.replace("\"s1\"", "\"s 1\""), "sellerId"),
        Arguments.of(
            "a time that is none", ORDER.replace("{\"c", "{\"at\": \"yesterday\", \"c"), "at"),
        Arguments.of(
            "a time in the future",
            ORDER.replace("{\"c", "{\"at\": \"2999-01-01T00:00:00Z\", \"c"),
            "at"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bad_bodies")
  void a_bad_body_is_refused_and_the_field_is_named(
      String what, String body, String field, Stack stack) {
    Http.Answer answer = Http.post(stack.commandUrl() + "/ordering/orders/bad-1/place-order", body);

    assertThat(answer.status()).as(what).isEqualTo(400);
    problem(answer, 400, field);
  }

  @Test
  void an_unknown_command_or_collection_is_not_found(Stack stack) {
    problem(Http.post(stack.commandUrl() + "/ordering/orders/bad-1/eat-order", "{}"), 404, "");
    problem(Http.post(stack.commandUrl() + "/ordering/pizzas/bad-1/place-order", ORDER), 404, "");
  }

  @Test
  void an_id_in_the_path_that_is_none_is_refused(Stack stack) {
    Http.Answer answer =
        Http.post(stack.commandUrl() + "/ordering/orders/bad%201/place-order", ORDER);

    problem(answer, 400, "");
  }

  @Test
  void a_body_over_the_limit_is_too_large(Stack stack) {
    String body = ORDER.replace("\"c1\"", "\"" + "c".repeat(12_000_000) + "\"");

    Http.Answer answer = Http.post(stack.commandUrl() + "/ordering/orders/bad-1/place-order", body);

    assertThat(answer.status()).isEqualTo(413);
  }

  @Test
  void a_stream_that_is_not_there_is_not_found(Stack stack) {
    problem(Http.get(stack.commandUrl() + "/ordering/orders/bad-nowhere"), 404, "");
    problem(Http.get(stack.queryUrl() + "/orders/bad-nowhere"), 404, "");
  }

  @Test
  void a_business_rule_refuses_with_its_own_reason(Stack stack) {
    Http.Answer answer =
        Http.post(
            stack.commandUrl() + "/ordering/orders/bad-2/place-order",
            "{\"customerId\": \"c1\", \"lines\": []}");

    problem(answer, 422, "");
    assertThat(answer.body().path("type").asText())
        .isEqualTo("urn:headrace:rejection:ordering:order-has-no-lines");
  }

  @Test
  void a_query_that_makes_no_sense_says_what_would(Stack stack) {
    problem(Http.get(stack.queryUrl() + "/orders?colour=red"), 400, "");
    problem(Http.get(stack.queryUrl() + "/sales/daily?from=2018-01-01"), 400, "to");
    problem(Http.get(stack.queryUrl() + "/sales/daily?from=2018-01-01&to=2018-13-01"), 400, "to");
  }

  private static void problem(Http.Answer answer, int status, String field) {
    assertThat(answer.status()).as(answer.body().toString()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
    assertThat(answer.body().path("status").asInt()).isEqualTo(status);
    assertThat(answer.body().path("type").asText()).startsWith("urn:headrace:");
    assertThat(answer.body().path("title").asText()).isNotBlank();
    assertThat(answer.body().path("detail").asText()).isNotBlank();
    assertThat(answer.body().toString()).doesNotContain("Exception").contains(field);
  }
}
