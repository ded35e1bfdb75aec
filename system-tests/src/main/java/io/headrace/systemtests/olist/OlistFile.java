package io.headrace.systemtests.olist;

import java.util.List;

/** The files of a data set and their columns, in Olist's order. */
enum OlistFile {
  ORDERS(
      "orders",
      "order_id",
      "customer_id",
      "order_status",
      "order_purchase_timestamp",
      "order_approved_at",
      "order_delivered_carrier_date",
      "order_delivered_customer_date",
      "order_estimated_delivery_date"),
  ITEMS(
      "order_items",
      "order_id",
      "order_item_id",
      "product_id",
      "seller_id",
      "shipping_limit_date",
      "price",
      "freight_value"),
  PAYMENTS(
      "order_payments",
      "order_id",
      "payment_sequential",
      "payment_type",
      "payment_installments",
      "payment_value"),
  REVIEWS(
      "order_reviews",
      "review_id",
      "order_id",
      "review_score",
      "review_comment_title",
      "review_comment_message",
      "review_creation_date",
      "review_answer_timestamp"),
  CUSTOMERS(
      "customers",
      "customer_id",
      "customer_unique_id",
      "customer_zip_code_prefix",
      "customer_city",
      "customer_state"),
  SELLERS("sellers", "seller_id", "seller_zip_code_prefix", "seller_city", "seller_state");

  private final String name;
  private final List<String> columns;

  OlistFile(String name, String... columns) {
    this.name = "olist_" + name + "_dataset.csv";
    this.columns = List.of(columns);
  }

  String fileName() {
    return name;
  }

  List<String> columns() {
    return columns;
  }
}
