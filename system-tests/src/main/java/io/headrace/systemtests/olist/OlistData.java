package io.headrace.systemtests.olist;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The orders of a data set in the format of the Brazilian E-Commerce Public Dataset by Olist, each
 * with the rows that belong to it.
 *
 * @param remarks what is odd in the files themselves, in sentences for the report
 */
public record OlistData(List<Order> orders, List<String> remarks) {

  public OlistData {
    orders = List.copyOf(orders);
    remarks = List.copyOf(remarks);
  }

  /**
   * @param customerId the person: Olist's {@code customer_unique_id}
   * @param status as it is in the file, for example {@code canceled}
   * @param items in the order of their numbers
   * @param payments in the order of their numbers
   * @param reviews in the order of the file
   */
  public record Order(
      String orderId,
      String customerId,
      String status,
      Instant purchasedAt,
      @Nullable Instant approvedAt,
      @Nullable Instant carrierAt,
      @Nullable Instant customerAt,
      @Nullable LocalDate estimatedDelivery,
      List<Item> items,
      List<Payment> payments,
      List<Review> reviews) {

    public Order {
      items = List.copyOf(items);
      payments = List.copyOf(payments);
      reviews = List.copyOf(reviews);
    }
  }

  public record Item(String productId, String sellerId, BigDecimal price, BigDecimal freight) {}

  public record Payment(
      String paymentId, int sequential, String type, int installments, BigDecimal value) {}

  public record Review(
      String reviewId,
      int score,
      @Nullable String title,
      @Nullable String message,
      Instant createdAt,
      @Nullable Instant answeredAt) {}

  /** The same data with another set of ids, so that it can be replayed beside itself. */
  public OlistData withIdPrefix(String prefix) {
    if (prefix.isEmpty()) {
      return this;
    }
    return new OlistData(
        orders.stream().map(order -> withIdPrefix(prefix, order)).toList(), remarks);
  }

  private static Order withIdPrefix(String prefix, Order o) {
    return new Order(
        prefix + o.orderId,
        prefix + o.customerId,
        o.status,
        o.purchasedAt,
        o.approvedAt,
        o.carrierAt,
        o.customerAt,
        o.estimatedDelivery,
        o.items.stream()
            .map(i -> new Item(prefix + i.productId, prefix + i.sellerId, i.price, i.freight))
            .toList(),
        o.payments.stream()
            .map(
                p ->
                    new Payment(
                        prefix + p.paymentId, p.sequential, p.type, p.installments, p.value))
            .toList(),
        o.reviews.stream()
            .map(
                r ->
                    new Review(
                        prefix + r.reviewId,
                        r.score,
                        r.title,
                        r.message,
                        r.createdAt,
                        r.answeredAt))
            .toList());
  }
}
