package io.headrace.query.platform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** GraphQL subscriptions, over the protocol graphql-transport-ws. */
@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class SubscriptionTest {

  private static final Instant NOON = Instant.parse("2018-01-31T12:00:00Z");
  private static final ObjectMapper JSON = new ObjectMapper();

  @TestHTTPResource("/graphql")
  URI url;

  private static final class Client implements WebSocket.Listener {
    private final BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        try {
          messages.add(JSON.readTree(text.toString()));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    private JsonNode next(String type) throws InterruptedException {
      for (var message = take(); ; message = take()) {
        if (!message.path("type").asText().equals("ping")) {
          assertThat(message.path("type").asText()).as(message.toString()).isEqualTo(type);
          return message;
        }
      }
    }

    private JsonNode take() throws InterruptedException {
      var message = messages.poll(30, TimeUnit.SECONDS);
      assertThat(message).as("a message").isNotNull();
      return message;
    }
  }

  @BeforeEach
  void orders() {
    Rows.clear();
    Rows.placed("o-1", "c-1", "placed", NOON);
    Rows.placed("o-2", "c-1", "placed", NOON.plusSeconds(1));
    Rows.placed("o-3", "c-2", "shipped", NOON.plusSeconds(2));
    Rows.execute(
        """
        UPDATE orders_g1 SET sellers = '["s-1"]';
        INSERT INTO sellers_g1 VALUES ('s-1', 'BRL', 1, 7, 10, 0, 0, 0)""");
  }

  private WebSocket subscribe(Client client, String query) throws Exception {
    var socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .subprotocols("graphql-transport-ws")
            .buildAsync(URI.create(url.toString().replaceFirst("^http", "ws")), client)
            .get(30, TimeUnit.SECONDS);
    socket.sendText("{\"type\":\"connection_init\"}", true).get(30, TimeUnit.SECONDS);
    client.next("connection_ack");
    socket
        .sendText(
            JSON.writeValueAsString(
                Map.of("id", "1", "type", "subscribe", "payload", Map.of("query", query))),
            true)
        .get(30, TimeUnit.SECONDS);
    return socket;
  }

  @Test
  void a_filtered_list_is_told_as_it_is_and_then_what_changes_with_what_belongs_to_it()
      throws Exception {
    var client = new Client();
    var socket =
        subscribe(
            client,
            "subscription { orders(filter: {status: {eq: \"placed\"}}) { state rows { orderId status sellerTotals { units } } gone more } }");
    var state = client.next("next").at("/payload/data/orders");
    assertThat(state.path("state").asBoolean()).isTrue();
    assertThat(state.at("/rows").findValuesAsText("orderId")).containsExactly("o-2", "o-1");
    assertThat(state.at("/rows/0/sellerTotals/0/units").asInt()).isEqualTo(7);

    Rows.change("orders", "UPDATE orders_g1 SET status = 'placed' WHERE order_id = 'o-3'", "o-3");
    var entered = client.next("next").at("/payload/data/orders");
    assertThat(entered.path("state").asBoolean()).isFalse();
    assertThat(entered.at("/rows").findValuesAsText("orderId")).containsExactly("o-3");

    Rows.change("orders", "UPDATE orders_g1 SET status = 'shipped' WHERE order_id = 'o-1'", "o-1");
    var left = client.next("next").at("/payload/data/orders");
    assertThat(left.at("/gone/0").asText()).isEqualTo("o-1");
    socket.abort();
  }

  @Test
  void a_row_is_told_by_its_key() throws Exception {
    var client = new Client();
    var socket =
        subscribe(client, "subscription { order(orderId: \"o-3\") { rows { orderId status } } }");
    assertThat(client.next("next").at("/payload/data/order/rows/0/status").asText())
        .isEqualTo("shipped");
    Rows.change(
        "orders", "UPDATE orders_g1 SET status = 'delivered' WHERE order_id = 'o-3'", "o-3");
    assertThat(client.next("next").at("/payload/data/order/rows/0/status").asText())
        .isEqualTo("delivered");
    socket.abort();
  }

  @Test
  void what_cannot_be_asked_for_is_refused() throws Exception {
    var client = new Client();
    var socket =
        subscribe(
            client,
            "subscription { orders(filter: {status: {eq: \"lost\"}}) { rows { orderId } } }");
    var refused = client.take();
    assertThat(refused.toString()).contains("status").doesNotContain("Exception");
    socket.abort();
  }
}
