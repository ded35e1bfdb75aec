package io.headrace.systemtests.olist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.systemtests.olist.OlistData.Order;
import io.headrace.systemtests.olist.OlistData.Review;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OlistReaderTest {

  @TempDir Path folder;

  @BeforeEach
  void a_folder_with_one_order() throws IOException {
    write(
        "orders",
        "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
            + "order_delivered_carrier_date,order_delivered_customer_date,"
            + "order_estimated_delivery_date",
        "o1,c1,delivered,2018-01-01 10:00:00,2018-01-01 10:30:00,2018-01-02 00:00:00,,"
            + "2018-01-20 00:00:00");
    write(
        "order_items",
        "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value",
        "o1,2,p2,s2,2018-01-05 00:00:00,144.0,0.0",
        "o1,1,p1,s1,2018-01-05 00:00:00,99.9,27.65");
    write(
        "order_payments",
        "order_id,payment_sequential,payment_type,payment_installments,payment_value",
        "o1,1,credit_card,8,271.55");
    write(
        "order_reviews",
        "review_id,order_id,review_score,review_comment_title,review_comment_message,"
            + "review_creation_date,review_answer_timestamp",
        "r1,o1,4,Ótimo,\"Chegou, enfim.\r\n\r\nNão é \"\"novo\"\" 😍\",2018-01-10 00:00:00,");
    write(
        "customers",
        "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state",
        "c1,person1,1,x,SP");
    write(
        "sellers",
        "seller_id,seller_zip_code_prefix,seller_city,seller_state",
        "s1,1,x,SP",
        "s2,1,x,SP");
  }

  private Path file(String name) {
    return folder.resolve("olist_" + name + "_dataset.csv");
  }

  private void write(String name, String... lines) throws IOException {
    Files.writeString(file(name), String.join("\n", lines) + "\n");
  }

  private void replace(String name, String from, String to) throws IOException {
    String content = Files.readString(file(name));
    assertThat(content).contains(from);
    Files.writeString(file(name), content.replace(from, to));
  }

  @Test
  void an_order_is_read_with_all_its_rows() {
    OlistData data = OlistReader.read(folder);

    assertThat(data.remarks()).isEmpty();
    assertThat(data.orders()).hasSize(1);
    Order order = data.orders().getFirst();
    assertThat(order.customerId()).isEqualTo("person1");
    assertThat(order.purchasedAt()).isEqualTo(Instant.parse("2018-01-01T10:00:00Z"));
    assertThat(order.customerAt()).isNull();
    assertThat(order.estimatedDelivery()).isEqualTo(LocalDate.parse("2018-01-20"));
    assertThat(order.items()).extracting(OlistData.Item::productId).containsExactly("p1", "p2");
    assertThat(order.items().getFirst().price()).isEqualTo(new BigDecimal("99.90"));
    assertThat(order.payments().getFirst().paymentId()).isEqualTo("o1-1");
  }

  @Test
  void quoted_text_keeps_its_line_breaks_quotes_and_letters() {
    Review review = OlistReader.read(folder).orders().getFirst().reviews().getFirst();

    assertThat(review.title()).isEqualTo("Ótimo");
    assertThat(review.message()).isEqualTo("Chegou, enfim.\r\n\r\nNão é \"novo\" 😍");
    assertThat(review.answeredAt()).isNull();
  }

  @Test
  void a_prefix_changes_every_id_and_nothing_else() {
    Order order = OlistReader.read(folder).withIdPrefix("x-").orders().getFirst();

    assertThat(order.orderId()).isEqualTo("x-o1");
    assertThat(order.customerId()).isEqualTo("x-person1");
    assertThat(order.items().getFirst().sellerId()).isEqualTo("x-s1");
    assertThat(order.payments().getFirst().paymentId()).isEqualTo("x-o1-1");
    assertThat(order.reviews().getFirst().reviewId()).isEqualTo("x-r1");
    assertThat(order.status()).isEqualTo("delivered");
  }

  @Test
  void a_missing_folder_file_or_column_is_one_clear_sentence() throws IOException {
    refused(folder.resolve("nowhere"), "There is no folder");
    replace("order_items", "price", "prize");
    refused(folder, "olist_order_items_dataset.csv has no column price.");
    Files.delete(file("order_items"));
    refused(folder, "has no file olist_order_items_dataset.csv.");
  }

  @Test
  void a_value_that_is_none_is_named_with_its_place() throws IOException {
    replace("order_payments", "271.55", "271,55");
    refused(folder, "olist_order_payments_dataset.csv, record 1 (near line 2) has 6 fields");
    replace("order_payments", "271,55", "27l.55");
    refused(
        folder,
        "olist_order_payments_dataset.csv, record 1: payment_value '27l.55' is not an amount");
    replace("order_payments", "27l.55", "271.555");
    refused(folder, "payment_value '271.555' is not an amount");
    replace("order_payments", "271.555", "271.55");
    replace("orders", "2018-01-01 10:00:00", "yesterday");
    refused(folder, "order_purchase_timestamp 'yesterday' is not a time");
    replace("orders", "yesterday", "");
    refused(folder, "order_purchase_timestamp is empty");
  }

  @Test
  void an_order_that_appears_twice_is_refused() throws IOException {
    String row = Files.readAllLines(file("orders")).getLast();
    Files.writeString(file("orders"), Files.readString(file("orders")) + row + "\n");

    refused(folder, "olist_orders_dataset.csv, record 2: order_id appears in an earlier line too.");
  }

  @Test
  void text_that_is_not_utf_8_is_refused() throws IOException {
    Files.write(
        file("customers"),
        Files.readString(file("customers"))
            .replace("1,x", "1,niterói")
            .getBytes(StandardCharsets.ISO_8859_1));

    refused(folder, "is not UTF-8");
  }

  @Test
  void rows_that_belong_to_nothing_are_counted_not_dropped_in_silence() throws IOException {
    replace("order_reviews", "r1,o1", "r1,o9");
    replace("customers", "c1,", "c9,");
    replace("sellers", "s2,", "s9,");

    assertThat(OlistReader.read(folder).remarks())
        .containsExactlyInAnyOrder(
            "1 rows of olist_order_reviews_dataset.csv name an order that is not in the orders file;"
                + " nothing is sent for them",
            "1 orders name a customer that is not in the customers file",
            "1 sellers of items are not in the sellers file");
  }

  private static void refused(Path folder, String sentence) {
    assertThatThrownBy(() -> OlistReader.read(folder))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining(sentence);
  }
}
