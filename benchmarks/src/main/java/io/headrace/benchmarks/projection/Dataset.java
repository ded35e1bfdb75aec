package io.headrace.benchmarks.projection;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.headrace.events.contexts.ordering.OrderEvent;
import io.headrace.events.contexts.ordering.OrderEvent.OrderCompleted;
import io.headrace.events.contexts.ordering.OrderEvent.OrderConfirmed;
import io.headrace.events.contexts.ordering.OrderEvent.OrderLine;
import io.headrace.events.contexts.ordering.OrderEvent.OrderPlaced;
import io.headrace.events.contexts.payment.PaymentEvent;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentAuthorized;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentCaptured;
import io.headrace.events.contexts.payment.PaymentMethod;
import io.headrace.events.contexts.review.ReviewEvent;
import io.headrace.events.contexts.review.ReviewEvent.ReviewPosted;
import io.headrace.events.contexts.shipping.ShipmentEvent;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentDelivered;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentDispatched;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentRequested;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.EventCatalogue.Encoded;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.Headers;
import io.headrace.events.platform.Money;
import io.headrace.events.platform.Topics;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Orders that were placed, paid, delivered and reviewed; the same number, the same orders.
 *
 * @param name of the figures
 * @param events in the order of the log: by stream, by version
 */
record Dataset(String name, int orders, List<Event> events) {

  private static final EventCatalogue CATALOGUE =
      new EventCatalogue(
          List.of(
              OrderEvent.EVENTS, PaymentEvent.EVENTS, ShipmentEvent.EVENTS, ReviewEvent.EVENTS));

  /** An event of the log. */
  record Event(String stream, int version, String key, Encoded encoded, Instant at) {

    byte[] line() {
      try {
        ObjectNode line = EventJson.mapper().createObjectNode();
        line.put("id", stream + "@" + version)
            .put("context", encoded.context())
            .put("streamId", stream)
            .put("streamVersion", version)
            .put("type", encoded.type())
            .put("partitionKey", key)
            .put("recordedAt", at.toString());
        line.putObject("metadata").put(Headers.CORRELATION_ID, "benchmark");
        line.putRawValue(
            "data", new RawValue(new String(encoded.payload(), StandardCharsets.UTF_8)));
        return EventJson.mapper().writeValueAsBytes(line);
      } catch (JsonProcessingException e) {
        throw new IllegalStateException(e);
      }
    }

    /** The same of another stream. */
    ProducerRecord<byte[], byte[]> under(String prefix) {
      return new Event(prefix + stream, version, key, encoded, at).record();
    }

    ProducerRecord<byte[], byte[]> record() {
      ProducerRecord<byte[], byte[]> record =
          new ProducerRecord<>(
              Topics.of(encoded.context()),
              key.getBytes(StandardCharsets.UTF_8),
              encoded.payload());
      header(record, Headers.ID, stream + "@" + version);
      header(record, Headers.SOURCE, Headers.SOURCE_PREFIX + encoded.context());
      header(record, Headers.SPEC_VERSION, "1.0");
      header(record, Headers.TYPE, encoded.type());
      header(record, Headers.SUBJECT, stream);
      header(record, Headers.TIME, at.toString());
      header(record, Headers.STREAM_VERSION, Integer.toString(version));
      return record;
    }

    private static void header(ProducerRecord<byte[], byte[]> record, String name, String value) {
      record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Each row folds one stream: the order's. */
  static Dataset single(int orders) {
    return make("single", orders, false, false);
  }

  /** Each row folds four streams, of four contexts. */
  static Dataset fourContexts(int orders) {
    return make("four_contexts", orders, true, false);
  }

  /** The same, and every order is of one seller and one day: all fold into the same totals. */
  static Dataset hotRow(int orders) {
    return make("hot_row", orders, true, true);
  }

  Dataset first(int howMany) {
    int enough = Math.min(howMany, orders);
    return new Dataset(name, enough, events.stream().filter(e -> number(e.key) < enough).toList());
  }

  private static int number(String key) {
    return Integer.parseInt(key.substring(1));
  }

  private static Dataset make(String name, int orders, boolean allContexts, boolean hot) {
    Random random = new Random(11);
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < orders; i++) {
      life("o%08d".formatted(i), random, allContexts, hot, events);
    }
    events.sort(Comparator.comparing(Event::stream).thenComparing(Event::version));
    return new Dataset(name, orders, events);
  }

  private static void life(
      String id, Random random, boolean allContexts, boolean hot, List<Event> events) {
    Instant at =
        Instant.parse("2018-01-01T00:00:00Z")
            .plus(Duration.ofMinutes(hot ? 5 : random.nextInt(60 * 24 * 365)));
    List<OrderLine> lines = new ArrayList<>();
    Money items = money(0);
    Money freight = money(0);
    for (int i = 0; i <= random.nextInt(3); i++) {
      OrderLine line =
          new OrderLine(
              "product-" + random.nextInt(5_000),
              "seller-" + (hot ? 0 : random.nextInt(1_000)),
              1 + random.nextInt(3),
              money(100 + random.nextInt(20_000)),
              money(random.nextInt(3_000)));
      lines.add(line);
      items = items.plus(line.unitPrice().times(line.quantity()));
      freight = freight.plus(line.freight());
    }
    Money total = items.plus(freight);
    stream(
        events,
        "order-" + id,
        at,
        new OrderPlaced(
            id,
            "customer-" + random.nextInt(20_000),
            lines,
            items,
            freight,
            total,
            LocalDate.ofInstant(at, ZoneOffset.UTC).plusDays(10),
            at),
        new OrderConfirmed(id, at.plusSeconds(60)),
        new OrderCompleted(id, at.plus(Duration.ofDays(7))));
    if (allContexts) {
      String payment = id + "-1";
      stream(
          events,
          "payment-" + payment,
          at,
          new PaymentAuthorized(
              payment, id, PaymentMethod.CREDIT_CARD, 1, total, at.plusSeconds(30)),
          new PaymentCaptured(payment, id, total, at.plus(Duration.ofDays(7))));
      stream(
          events,
          "shipment-" + id,
          at,
          new ShipmentRequested(id, id, at.plusSeconds(61)),
          new ShipmentDispatched(id, id, at.plus(Duration.ofDays(2))),
          new ShipmentDelivered(id, id, at.plus(Duration.ofDays(7))));
      stream(
          events,
          "review-r" + id,
          at,
          new ReviewPosted(
              "r" + id,
              id,
              1 + random.nextInt(5),
              null,
              "chegou antes do prazo",
              at.plus(Duration.ofDays(9))));
    }
  }

  private static void stream(List<Event> events, String stream, Instant at, DomainEvent... of) {
    for (int i = 0; i < of.length; i++) {
      events.add(new Event(stream, i + 1, of[i].partitionKey(), CATALOGUE.encode(of[i]), at));
    }
  }

  private static Money money(int cents) {
    return new Money(BigDecimal.valueOf(cents, 2), "BRL");
  }
}
