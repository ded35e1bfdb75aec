package io.headrace.command.platform.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.headrace.command.ContextsTest;
import io.headrace.command.platform.dispatch.Aggregates;
import io.headrace.command.platform.dispatch.CommandRequest;
import io.headrace.command.platform.process.RemoteCommands.Answer;
import io.headrace.command.platform.process.RemoteCommands.NoAnswerException;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.EventMetadata;
import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.LocalStackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The receiver is the service under test; of another one only the answers are made up. */
@QuarkusTest
@QuarkusTestResource(LocalStackResource.class)
class RemoteCommandsTest {

  private static final ProcessConfig CONFIG =
      new ProcessConfig() {
        @Override
        public boolean enabled() {
          return true;
        }

        @Override
        public String group() {
          return "x";
        }

        @Override
        public int concurrency() {
          return 1;
        }

        @Override
        public Duration retryInitial() {
          return Duration.ofMillis(1);
        }

        @Override
        public Duration retryMax() {
          return Duration.ofMillis(1);
        }

        @Override
        public Duration timeout() {
          return Duration.ofSeconds(30);
        }
      };

  @TestHTTPResource("/")
  URI here;

  private static RemoteCommands sender(Map<String, URI> urls) {
    return new RemoteCommands(
        new Aggregates(ContextsTest.definitions(), List.of("ordering")), () -> urls, CONFIG);
  }

  private static CommandRequest review(String id, String key, String body) throws Exception {
    return new CommandRequest(
        "review",
        "reviews",
        id,
        "post-review",
        json(body),
        body.length(),
        key,
        null,
        new EventMetadata("trip-42", "order-4711@3", null, null));
  }

  private static JsonNode json(String text) throws Exception {
    return EventJson.mapper().readTree(text);
  }

  @Test
  void a_command_that_is_sent_again_takes_effect_once() throws Exception {
    RemoteCommands sender = sender(Map.of("review", here));
    assertThat(sender.serve("review")).isTrue();
    assertThat(sender.serve("ordering")).isFalse();
    String id = UUID.randomUUID().toString();
    CommandRequest command = review(id, "pm:x:" + id, "{\"orderId\":\"o\",\"score\":5}");
    assertThat(sender.send(command)).isEqualTo(new Answer("accepted", null));
    assertThat(sender.send(command)).isEqualTo(new Answer("replayed", null));
    assertThat(sender.send(review(id, "pm:x:" + id, "{\"orderId\":\"o\",\"score\":4}")))
        .isEqualTo(new Answer("key-reused", null));
    String other = UUID.randomUUID().toString();
    Answer taken = sender.send(review(other, "pm:x:" + id, "{\"orderId\":\"o\",\"score\":4}"));
    assertThat(taken.name()).isEqualTo("key-reused");
    assertThat(taken.fault()).contains("pm:x:" + id, "another stream");
    assertThat(sender.send(review(id, "pm:y:" + id, "{\"orderId\":\"o\",\"score\":4}")))
        .isEqualTo(new Answer("rejected", null));
    assertThat(metadata("review-" + id))
        .isEqualTo(json("{\"ce_correlationid\":\"trip-42\",\"ce_causationid\":\"order-4711@3\"}"));
  }

  private static JsonNode metadata(String stream) throws Exception {
    try (Connection connection = LocalStackResource.postgres().connect(PostgresServer.COMMANDS);
        var statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT metadata FROM event_log WHERE stream_id = '" + stream + "'")) {
      assertThat(rows.next()).isTrue();
      return json(rows.getString(1));
    }
  }

  @Test
  void what_a_command_service_calls_wrong_is_final() throws Exception {
    RemoteCommands sender = sender(Map.of("review", here));
    Answer invalid = sender.send(review("r1", "k1", "{\"orderId\":\"o\",\"score\":17}"));
    assertThat(invalid.name()).isEqualTo("invalid");
    assertThat(invalid.fault()).startsWith("is invalid: ").contains("'score'");
    Answer unknown =
        sender.send(
            new CommandRequest(
                "review", "reviews", "r1", "praise", json("{}"), 2, "k", null, EventMetadata.NONE));
    assertThat(unknown.name()).isEqualTo("unknown");
    assertThat(unknown.fault()).contains("There is no command 'praise' for review/reviews.");
    Answer unspeakable =
        sender.send(
            new CommandRequest(
                "review",
                "reviews",
                "r 1",
                "praise",
                json("{}"),
                2,
                "k",
                null,
                EventMetadata.NONE));
    assertThat(unspeakable.fault()).startsWith("cannot be sent");
  }

  @Test
  void all_else_is_no_answer_and_the_command_is_to_be_sent_again() throws Exception {
    assertNoAnswer(
        Map.of(),
        "the context 'review' is served by another deployment, and HEADRACE_COMMAND_URLS__REVIEW_"
            + " does not say where");
    assertNoAnswer(Map.of("review", URI.create("http://127.0.0.1:1")), "http://127.0.0.1:1");
    AtomicInteger status = new AtomicInteger();
    String problem =
        "{\"type\":\"urn:headrace:problem:context-not-served\",\"detail\":\"not here\"}";
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] body = (status.get() == 404 ? problem : "<html>").getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status.get(), body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try {
      URI there = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
      for (int each : new int[] {302, 401, 403, 404, 409, 429, 500, 503}) {
        status.set(each);
        assertNoAnswer(Map.of("review", there), Integer.toString(each));
      }
    } finally {
      server.stop(0);
    }
  }

  private static void assertNoAnswer(Map<String, URI> urls, @Nullable String says)
      throws Exception {
    CommandRequest command = review("r1", "k1", "{\"orderId\":\"o\",\"score\":5}");
    assertThatThrownBy(() -> sender(urls).send(command))
        .isInstanceOf(NoAnswerException.class)
        .hasMessageContaining(says);
  }

  @Test
  void an_address_that_leads_nowhere_is_refused_at_the_start() {
    assertThatThrownBy(() -> sender(Map.of("revue", here)))
        .hasMessage(
            "HEADRACE_COMMAND_URLS__REVUE_ is the address of the context 'revue', which this build"
                + " does not have");
    assertThatThrownBy(() -> sender(Map.of("review", URI.create("review:8080"))))
        .hasMessage(
            "HEADRACE_COMMAND_URLS__REVIEW_ must be the URL of a command service, such as"
                + " http://review:8080, not 'review:8080'");
  }
}
