package io.headrace.systemtests.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The views of the query side, read over HTTP into plain rows. */
public final class Views {

  private static final int DAYS_PER_REQUEST = 300;
  private static final String CURRENCY = "BRL";

  private final Api queries;

  public Views(Api queries) {
    this.queries = queries;
  }

  /** An answer that is not what the API promises. */
  public static final class UnexpectedAnswerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnexpectedAnswerException(String message) {
      super(message);
    }
  }

  public boolean anyOrder() throws InterruptedException {
    JsonNode body = ok("/orders?limit=1", queries.get("/orders?limit=1"));
    return !elements(body).isEmpty();
  }

  public Optional<OrderRow> order(String orderId) throws InterruptedException {
    return optional("/orders/" + orderId, Views::orderRow);
  }

  public SellerRow seller(String sellerId) throws InterruptedException {
    return optional("/sellers/" + sellerId, Views::sellerRow).orElse(SellerRow.NOTHING);
  }

  public List<String> ordersOfCustomer(String customerId) throws InterruptedException {
    String path = "/customers/" + customerId + "/orders?limit=100";
    Api.Answer answer = queries.get(path);
    List<String> ids = new ArrayList<>();
    if (answer.status() != 404) {
      elements(ok(path, answer)).forEach(order -> ids.add(order.path("orderId").asText()));
    }
    ids.sort(null);
    return ids;
  }

  /** All days with sales between the two, both inclusive. */
  public SortedMap<LocalDate, DayRow> days(LocalDate from, LocalDate to)
      throws InterruptedException {
    TreeMap<LocalDate, DayRow> days = new TreeMap<>();
    for (LocalDate first = from; !first.isAfter(to); first = first.plusDays(DAYS_PER_REQUEST)) {
      LocalDate last = first.plusDays(DAYS_PER_REQUEST - 1L);
      String path = "/sales/daily?from=%s&to=%s".formatted(first, last.isAfter(to) ? to : last);
      for (JsonNode day : ok(path, queries.get(path)).path("days")) {
        days.put(
            LocalDate.parse(day.path("day").asText()),
            new DayRow(
                day.path("orders").asInt(),
                moneyOfMany(day.path("revenue")),
                day.path("cancelled").asInt(),
                day.path("rejected").asInt()));
      }
    }
    return days;
  }

  private <T> Optional<T> optional(String path, Function<JsonNode, T> read)
      throws InterruptedException {
    Api.Answer answer = queries.get(path);
    return answer.status() == 404 ? Optional.empty() : Optional.of(read.apply(ok(path, answer)));
  }

  private static JsonNode ok(String path, Api.Answer answer) {
    if (answer.status() != 200) {
      throw new UnexpectedAnswerException(
          "GET %s answered %d: %s".formatted(path, answer.status(), answer.body()));
    }
    return answer.body();
  }

  /** A list, whether it is the answer itself or its one array. */
  private static JsonNode elements(JsonNode body) {
    if (body.isArray()) {
      return body;
    }
    for (JsonNode member : body) {
      if (member.isArray()) {
        return member;
      }
    }
    throw new UnexpectedAnswerException("a list was expected, not " + body);
  }

  private static OrderRow orderRow(JsonNode o) {
    TreeSet<String> sellers = new TreeSet<>();
    o.path("sellers").forEach(seller -> sellers.add(seller.asText()));
    TreeSet<String> payments = new TreeSet<>();
    o.path("paymentIds").forEach(payment -> payments.add(payment.asText()));
    List<OrderRow.Line> lines = new ArrayList<>();
    for (JsonNode line : o.path("lines")) {
      lines.add(
          new OrderRow.Line(
              line.path("productId").asText(),
              line.path("sellerId").asText(),
              line.path("quantity").asInt(),
              money(line.path("unitPrice")),
              money(line.path("freight"))));
    }
    String promised = text(o, "promisedDelivery");
    Instant placedAt = instant(o, "placedAt");
    if (placedAt == null) {
      throw new UnexpectedAnswerException("an order without placedAt: " + o);
    }
    JsonNode score = o.path("reviewScore");
    return new OrderRow(
        o.path("orderId").asText(),
        o.path("customerId").asText(),
        o.path("status").asText(),
        sellers,
        lines,
        money(o.path("items")),
        money(o.path("freight")),
        money(o.path("total")),
        money(o.path("paid")),
        money(o.path("refunded")),
        promised == null ? null : LocalDate.parse(promised),
        placedAt,
        instant(o, "confirmedAt"),
        instant(o, "shippedAt"),
        instant(o, "deliveredAt"),
        instant(o, "completedAt"),
        instant(o, "cancelledAt"),
        instant(o, "rejectedAt"),
        o.path("late").asBoolean(),
        text(o, "cancelReason"),
        text(o, "rejectReason"),
        payments,
        text(o, "shipmentId"),
        o.path("reviews").asInt(),
        score.isInt() ? Integer.valueOf(score.asInt()) : null);
  }

  private static SellerRow sellerRow(JsonNode s) {
    String average = text(s, "averageReviewScore");
    return new SellerRow(
        s.path("orders").asInt(),
        s.path("units").asInt(),
        moneyOfMany(s.path("revenue")),
        s.path("lateDeliveries").asInt(),
        s.path("reviews").asInt(),
        average == null ? null : new BigDecimal(average));
  }

  private static @Nullable String text(JsonNode node, String field) {
    return node.hasNonNull(field) ? node.get(field).asText() : null;
  }

  private static @Nullable Instant instant(JsonNode node, String field) {
    String text = text(node, field);
    return text == null ? null : Instant.parse(text);
  }

  private static BigDecimal money(JsonNode money) {
    JsonNode amount = money.path("amount");
    if (!amount.isTextual() || !CURRENCY.equals(money.path("currency").asText())) {
      throw new UnexpectedAnswerException("an amount in BRL was expected, not " + money);
    }
    return new BigDecimal(amount.asText());
  }

  /** One amount per currency; the replay knows one. Other people's data may be in others. */
  private static BigDecimal moneyOfMany(JsonNode amounts) {
    for (JsonNode amount : amounts) {
      if (CURRENCY.equals(amount.path("currency").asText())) {
        return money(amount);
      }
    }
    return new BigDecimal("0.00");
  }
}
