package io.headrace.systemtests.replay;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the order view says of one order; amounts in BRL. */
public record OrderRow(
    String orderId,
    String customerId,
    String status,
    SortedSet<String> sellers,
    List<Line> lines,
    BigDecimal items,
    BigDecimal freight,
    BigDecimal total,
    BigDecimal paid,
    BigDecimal refunded,
    @Nullable LocalDate promisedDelivery,
    Instant placedAt,
    @Nullable Instant confirmedAt,
    @Nullable Instant shippedAt,
    @Nullable Instant deliveredAt,
    @Nullable Instant completedAt,
    @Nullable Instant cancelledAt,
    @Nullable Instant rejectedAt,
    boolean late,
    @Nullable String cancelReason,
    @Nullable String rejectReason,
    SortedSet<String> paymentIds,
    @Nullable String shipmentId,
    int reviews,
    @Nullable Integer reviewScore) {

  public record Line(
      String productId, String sellerId, int quantity, BigDecimal unitPrice, BigDecimal freight) {}

  private record Field(String name, Function<OrderRow, @Nullable Object> value) {}

  private static final List<Field> FIELDS =
      List.of(
          new Field("orderId", OrderRow::orderId),
          new Field("customerId", OrderRow::customerId),
          new Field("status", OrderRow::status),
          new Field("sellers", OrderRow::sellers),
          new Field("lines", OrderRow::lines),
          new Field("items", OrderRow::items),
          new Field("freight", OrderRow::freight),
          new Field("total", OrderRow::total),
          new Field("paid", OrderRow::paid),
          new Field("refunded", OrderRow::refunded),
          new Field("promisedDelivery", OrderRow::promisedDelivery),
          new Field("placedAt", OrderRow::placedAt),
          new Field("confirmedAt", OrderRow::confirmedAt),
          new Field("shippedAt", OrderRow::shippedAt),
          new Field("deliveredAt", OrderRow::deliveredAt),
          new Field("completedAt", OrderRow::completedAt),
          new Field("cancelledAt", OrderRow::cancelledAt),
          new Field("rejectedAt", OrderRow::rejectedAt),
          new Field("late", OrderRow::late),
          new Field("cancelReason", OrderRow::cancelReason),
          new Field("rejectReason", OrderRow::rejectReason),
          new Field("paymentIds", OrderRow::paymentIds),
          new Field("shipmentId", OrderRow::shipmentId),
          new Field("reviews", OrderRow::reviews),
          new Field("reviewScore", OrderRow::reviewScore));

  /** One sentence for each field in which the other row is not the same. */
  List<String> differencesTo(OrderRow got) {
    List<String> differences = new ArrayList<>();
    for (Field field : FIELDS) {
      Object expected = field.value.apply(this);
      Object actual = field.value.apply(got);
      if (!Objects.equals(expected, actual)) {
        differences.add("%s: expected %s, got %s".formatted(field.name, expected, actual));
      }
    }
    return differences;
  }
}
