package io.headrace.systemtests.replay;

import io.headrace.systemtests.olist.OlistData;
import io.headrace.systemtests.olist.OlistData.Item;
import io.headrace.systemtests.olist.OlistData.Order;
import io.headrace.systemtests.olist.OlistData.Payment;
import io.headrace.systemtests.olist.OlistData.Review;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * An order of 100.00 and 10.00 freight that was bought on 1 January 2018, day 1; days are numbers.
 */
final class OrderBuilder {

  private final String id;
  private final String status;
  private final List<Item> items = new ArrayList<>();
  private final List<Payment> payments = new ArrayList<>();
  private final List<Review> reviews = new ArrayList<>();
  private Instant purchased = day(1);
  private Instant approved;
  private Instant carrier;
  private Instant customer;

  private OrderBuilder(String id, String status) {
    this.id = id;
    this.status = status;
  }

  static OrderBuilder order(String id, String status) {
    return new OrderBuilder(id, status).item("s1", "100.00", "10.00");
  }

  static OrderBuilder orderWithoutItems(String id, String status) {
    return new OrderBuilder(id, status);
  }

  static Instant day(int day) {
    return Instant.parse("2018-01-%02dT12:00:00Z".formatted(day));
  }

  OrderBuilder item(String seller, String price, String freight) {
    items.add(
        new Item("p" + (items.size() + 1), seller, new BigDecimal(price), new BigDecimal(freight)));
    return this;
  }

  OrderBuilder paid(String amount) {
    return paid("credit_card", 1, amount);
  }

  OrderBuilder paid(String type, int installments, String amount) {
    int number = payments.size() + 1;
    payments.add(
        new Payment(id + "-" + number, number, type, installments, new BigDecimal(amount)));
    return this;
  }

  OrderBuilder purchased(int day) {
    purchased = day(day);
    return this;
  }

  OrderBuilder approved(int day) {
    approved = day(day);
    return this;
  }

  OrderBuilder carrier(int day) {
    carrier = day(day);
    return this;
  }

  OrderBuilder customer(int day) {
    customer = day(day);
    return this;
  }

  OrderBuilder review(String reviewId, int score, int created, int answered) {
    reviews.add(new Review(reviewId, score, null, null, day(created), day(answered)));
    return this;
  }

  Order build() {
    return new Order(
        id,
        "customer",
        status,
        purchased,
        approved,
        carrier,
        customer,
        LocalDate.parse("2018-01-10"),
        items,
        payments,
        reviews);
  }

  static OlistData data(OrderBuilder... orders) {
    return new OlistData(Stream.of(orders).map(OrderBuilder::build).toList(), List.of());
  }
}
