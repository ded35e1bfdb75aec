package io.headrace.query.contexts.ordering;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.Money;
import io.headrace.query.platform.view.Attribute;
import io.headrace.query.platform.view.Link;
import io.headrace.query.platform.view.Relation;
import io.headrace.query.platform.view.ResourceView;
import io.headrace.query.platform.view.Sort;
import io.headrace.query.platform.view.ValueType;
import io.headrace.query.platform.view.Within;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;

@ApplicationScoped
class Orders implements ResourceView<OrderRow, String, Order> {

  private static final Attribute<OrderRow> STATUS =
      new Attribute<>(
          "status",
          ValueType.oneOf(
              List.of("placed", "confirmed", "shipped", "delivered", "cancelled", "rejected")),
          row -> row.status);
  private static final Attribute<OrderRow> CUSTOMER =
      Attribute.text("customerId", row -> row.customerId);
  private static final Attribute<OrderRow> PLACED_AT =
      Attribute.instant("placedAt", row -> row.placedAt);

  private static final TypeReference<List<Order.Line>> LINES = new TypeReference<>() {};
  private static final TypeReference<List<String>> IDS = new TypeReference<>() {};

  private final Sellers sellers;

  Orders(Sellers sellers) {
    this.sellers = sellers;
  }

  @Override
  public String name() {
    return "orders";
  }

  @Override
  public Attribute<OrderRow> key() {
    return Attribute.text("orderId", row -> row.orderId);
  }

  @Override
  public List<Attribute<OrderRow>> filters() {
    return List.of(STATUS, CUSTOMER, PLACED_AT, Attribute.text("orderId", row -> row.orderId));
  }

  @Override
  public List<Sort<OrderRow>> sorts() {
    return List.of(
        Sort.descending(PLACED_AT),
        Sort.ascending(PLACED_AT),
        Sort.ascending(STATUS).then(Sort.ascending(PLACED_AT)),
        Sort.descending(STATUS).then(Sort.descending(PLACED_AT)));
  }

  @Override
  public List<Link> links(OrderRow row, Order order) {
    return OrderLinks.of(order, OrderPayment.of(row));
  }

  @Override
  public List<Relation<Order, ?, ?>> relations() {
    return List.of(new Relation<>("sellerTotals", Seller.class, Order::sellers, sellers::sellers));
  }

  @Override
  public List<Within> within() {
    return List.of(new Within("customers", "customerId"));
  }

  /** What other contexts tell of an order may arrive before the order itself. */
  @Override
  public String visible() {
    return "placedAt is not null";
  }

  @Override
  public Class<Order> representation() {
    return Order.class;
  }

  @Override
  public Order represent(OrderRow row) {
    return new Order(
        row.orderId,
        row.customerId,
        row.status,
        json(row.sellers, IDS),
        json(row.lines, LINES),
        money(row, row.items),
        money(row, row.freight),
        money(row, row.total),
        money(row, row.paid),
        money(row, row.refunded),
        row.promisedDelivery,
        row.placedAt,
        row.confirmedAt,
        row.shippedAt,
        row.deliveredAt,
        row.completedAt,
        row.cancelledAt,
        row.rejectedAt,
        row.late,
        row.cancelReason,
        row.rejectReason,
        List.copyOf(OrderPayment.of(row).keySet()),
        row.shipmentId,
        row.reviewScore,
        row.reviewCount,
        row.reviewCount == 0 ? null : row.reviewScoreSum);
  }

  @Override
  public Order example() {
    return new Order(
        "e481f51cbdc54678b7cc49136f2d6af7",
        "9ef432eb6251297304e76186b10a928d",
        "delivered",
        List.of("3504c0cb71d7fa48d967e0e4c94d59d9"),
        List.of(
            new Order.Line(
                "87285b34884572647811a353c7ac498a",
                "3504c0cb71d7fa48d967e0e4c94d59d9",
                1,
                Money.of("29.99", "BRL"),
                Money.of("8.72", "BRL"))),
        Money.of("29.99", "BRL"),
        Money.of("8.72", "BRL"),
        Money.of("38.71", "BRL"),
        Money.of("38.71", "BRL"),
        Money.of("0", "BRL"),
        LocalDate.parse("2017-10-18"),
        Instant.parse("2017-10-02T10:56:33Z"),
        Instant.parse("2017-10-02T11:07:15Z"),
        Instant.parse("2017-10-04T19:55:00Z"),
        Instant.parse("2017-10-10T21:25:13Z"),
        Instant.parse("2017-10-10T21:25:13Z"),
        null,
        null,
        false,
        null,
        null,
        List.of("e481f51cbdc54678b7cc49136f2d6af7-1"),
        "e481f51cbdc54678b7cc49136f2d6af7",
        4,
        1,
        4);
  }

  private static Money money(OrderRow row, BigDecimal amount) {
    return new Money(amount, row.currency);
  }

  private static <T> T json(String text, TypeReference<T> type) {
    try {
      return EventJson.mapper().readValue(text, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a row of orders has unreadable JSON", e);
    }
  }
}
