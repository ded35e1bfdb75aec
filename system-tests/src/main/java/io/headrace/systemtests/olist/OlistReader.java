package io.headrace.systemtests.olist;

import io.headrace.systemtests.olist.OlistData.Item;
import io.headrace.systemtests.olist.OlistData.Order;
import io.headrace.systemtests.olist.OlistData.Payment;
import io.headrace.systemtests.olist.OlistData.Review;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.jspecify.annotations.Nullable;

/**
 * Reads a folder of Olist's CSV files: RFC 4180, UTF-8, local times without a zone, taken as UTC.
 */
public final class OlistReader {

  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");
  private static final CSVFormat FORMAT =
      CSVFormat.RFC4180
          .builder()
          .setHeader()
          .setSkipHeaderRecord(true)
          .setIgnoreEmptyLines(true)
          .get();

  private final Path folder;
  private final List<String> remarks = new ArrayList<>();

  private OlistReader(Path folder) {
    this.folder = folder;
  }

  /**
   * @throws BadDataException if a file or a column is missing, or a value is not what its column
   *     promises
   */
  public static OlistData read(Path folder) {
    return new OlistReader(folder).read();
  }

  private OlistData read() {
    if (!Files.isDirectory(folder)) {
      throw new BadDataException("There is no folder " + folder.toAbsolutePath().normalize() + ".");
    }
    Map<String, String> persons = new HashMap<>();
    forEach(
        OlistFile.CUSTOMERS,
        row -> persons.put(row.text("customer_id"), row.text("customer_unique_id")));
    Set<String> sellers = new HashSet<>();
    forEach(OlistFile.SELLERS, row -> sellers.add(row.text("seller_id")));

    Map<String, Rows> rows = new LinkedHashMap<>();
    forEach(
        OlistFile.ORDERS,
        row -> {
          if (rows.put(row.text("order_id"), new Rows(row)) != null) {
            throw row.bad("order_id", "appears in an earlier line too");
          }
        });
    attach(OlistFile.ITEMS, rows, (order, row) -> order.items.add(row));
    attach(OlistFile.PAYMENTS, rows, (order, row) -> order.payments.add(row));
    attach(OlistFile.REVIEWS, rows, (order, row) -> order.reviews.add(row));

    List<Order> orders = rows.values().stream().map(order -> order(order, persons)).toList();
    long unknownCustomers =
        rows.values().stream()
            .filter(order -> !persons.containsKey(order.order.text("customer_id")))
            .count();
    remark(unknownCustomers, "orders name a customer that is not in the customers file");
    long unknownSellers =
        orders.stream()
            .flatMap(order -> order.items().stream())
            .map(Item::sellerId)
            .distinct()
            .filter(seller -> !sellers.contains(seller))
            .count();
    remark(unknownSellers, "sellers of items are not in the sellers file");
    return new OlistData(orders, remarks);
  }

  private void remark(long count, String what) {
    if (count > 0) {
      remarks.add(count + " " + what);
    }
  }

  private interface Attach {
    void to(Rows order, Row row);
  }

  private void attach(OlistFile file, Map<String, Rows> orders, Attach attach) {
    int[] orphans = {0};
    forEach(
        file,
        row -> {
          Rows order = orders.get(row.text("order_id"));
          if (order == null) {
            orphans[0]++;
          } else {
            attach.to(order, row);
          }
        });
    remark(
        orphans[0],
        "rows of %s name an order that is not in the orders file; nothing is sent for them"
            .formatted(file.fileName()));
  }

  private static Order order(Rows rows, Map<String, String> persons) {
    Row row = rows.order;
    String orderId = row.text("order_id");
    String customerId = row.text("customer_id");
    Instant estimated = row.timeOrNull("order_estimated_delivery_date");
    return new Order(
        orderId,
        Objects.requireNonNullElse(persons.get(customerId), customerId),
        row.text("order_status"),
        row.time("order_purchase_timestamp"),
        row.timeOrNull("order_approved_at"),
        row.timeOrNull("order_delivered_carrier_date"),
        row.timeOrNull("order_delivered_customer_date"),
        estimated == null ? null : estimated.atOffset(ZoneOffset.UTC).toLocalDate(),
        rows.items.stream()
            .sorted(Comparator.comparingInt(item -> item.number("order_item_id")))
            .map(OlistReader::item)
            .toList(),
        rows.payments.stream()
            .map(payment -> payment(orderId, payment))
            .sorted(Comparator.comparingInt(Payment::sequential))
            .toList(),
        rows.reviews.stream().map(OlistReader::review).toList());
  }

  private static Item item(Row row) {
    return new Item(
        row.text("product_id"),
        row.text("seller_id"),
        row.money("price"),
        row.money("freight_value"));
  }

  private static Payment payment(String orderId, Row row) {
    int sequential = row.number("payment_sequential");
    return new Payment(
        orderId + "-" + sequential,
        sequential,
        row.text("payment_type"),
        row.number("payment_installments"),
        row.money("payment_value"));
  }

  private static Review review(Row row) {
    return new Review(
        row.text("review_id"),
        row.number("review_score"),
        row.textOrNull("review_comment_title"),
        row.textOrNull("review_comment_message"),
        row.time("review_creation_date"),
        row.timeOrNull("review_answer_timestamp"));
  }

  private void forEach(OlistFile file, Consumer<Row> consumer) {
    Path path = folder.resolve(file.fileName());
    if (!Files.isRegularFile(path)) {
      throw new BadDataException(
          "The folder %s has no file %s."
              .formatted(folder.toAbsolutePath().normalize(), file.fileName()));
    }
    try (Reader reader = Files.newBufferedReader(path, StandardCharsets.UTF_8);
        CSVParser parser = FORMAT.parse(reader)) {
      for (String column : file.columns()) {
        if (!parser.getHeaderMap().containsKey(column)) {
          throw new BadDataException("%s has no column %s.".formatted(file.fileName(), column));
        }
      }
      for (CSVRecord csv : parser) {
        if (!csv.isConsistent()) {
          throw new BadDataException(
              "%s, record %d (near line %d) has %d fields instead of %d."
                  .formatted(
                      file.fileName(),
                      csv.getRecordNumber(),
                      parser.getCurrentLineNumber(),
                      csv.size(),
                      parser.getHeaderNames().size()));
        }
        consumer.accept(new Row(file, csv));
      }
    } catch (IOException | UncheckedIOException e) {
      throw new BadDataException(
          "%s cannot be read: %s".formatted(path.toAbsolutePath().normalize(), reason(e)));
    }
  }

  private static String reason(Exception e) {
    Throwable cause = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
    return switch (cause) {
      case CharacterCodingException _ -> "it is not UTF-8.";
      case CSVException csv -> "it is not RFC 4180 CSV (" + csv.getMessage() + ").";
      default -> cause.getMessage() + ".";
    };
  }

  private static final class Rows {
    private final Row order;
    private final List<Row> items = new ArrayList<>(2);
    private final List<Row> payments = new ArrayList<>(2);
    private final List<Row> reviews = new ArrayList<>(1);

    private Rows(Row order) {
      this.order = order;
    }
  }

  private record Row(OlistFile file, CSVRecord csv) {

    @Nullable String textOrNull(String column) {
      String value = csv.get(column);
      return value.isEmpty() ? null : value;
    }

    String text(String column) {
      String value = textOrNull(column);
      if (value == null) {
        throw bad(column, "is empty");
      }
      return value;
    }

    int number(String column) {
      String value = text(column);
      try {
        return Integer.parseInt(value);
      } catch (NumberFormatException _) {
        throw bad(column, "'" + value + "' is not a whole number");
      }
    }

    BigDecimal money(String column) {
      String value = text(column);
      try {
        return new BigDecimal(value).setScale(2, RoundingMode.UNNECESSARY);
      } catch (NumberFormatException | ArithmeticException _) {
        throw bad(column, "'" + value + "' is not an amount such as 99.90");
      }
    }

    Instant time(String column) {
      String value = text(column);
      try {
        return LocalDateTime.parse(value, TIME).toInstant(ZoneOffset.UTC);
      } catch (DateTimeException _) {
        throw bad(column, "'" + value + "' is not a time such as 2018-01-26 21:58:39");
      }
    }

    @Nullable Instant timeOrNull(String column) {
      return textOrNull(column) == null ? null : time(column);
    }

    BadDataException bad(String column, String what) {
      return new BadDataException(
          "%s, record %d: %s %s.".formatted(file.fileName(), csv.getRecordNumber(), column, what));
    }
  }
}
