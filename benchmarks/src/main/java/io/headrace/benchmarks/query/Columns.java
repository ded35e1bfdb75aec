package io.headrace.benchmarks.query;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.math.BigDecimal;
import java.time.OffsetDateTime;

/**
 * The columns of an order, as the query service selects them, and the least to make JSON of them.
 */
final class Columns {

  private static final String ALL =
      """
      SELECT order_id, cancel_reason, cancelled_at, completed_at, confirmed_at, currency, customer_id,
        delivered_at, freight, items, late, cast(lines as text) AS lines, paid,
        cast(payments as text) AS payments, placed_at, promised_delivery, refunded, reject_reason, rejected_at,
        review_count, review_score, review_score_sum, cast(sellers as text) AS sellers, shipment_id, shipped_at,
        status, total
      FROM orders WHERE placed_at IS NOT NULL""";

  static final String BY_KEY = ALL + " AND order_id = $1 FETCH FIRST 1 ROWS ONLY";

  static final String PAGE =
      ALL + " ORDER BY placed_at DESC, order_id DESC FETCH FIRST 51 ROWS ONLY";

  private static final String[] MONEY = {"items", "freight", "total", "paid", "refunded"};
  private static final String[] TIMES = {
    "placed_at",
    "confirmed_at",
    "shipped_at",
    "delivered_at",
    "completed_at",
    "cancelled_at",
    "rejected_at"
  };
  private static final String[] TEXTS = {
    "order_id", "customer_id", "status", "cancel_reason", "reject_reason", "shipment_id"
  };

  private Columns() {}

  static Buffer page(RowSet<Row> rows) {
    Buffer page = Buffer.buffer(32 * 1024).appendString("{\"orders\":[");
    boolean first = true;
    for (Row row : rows) {
      if (!first) {
        page.appendByte((byte) ',');
      }
      page.appendBuffer(row(row));
      first = false;
    }
    return page.appendString("]}");
  }

  static Buffer row(Row row) {
    JsonObject order = new JsonObject();
    for (String text : TEXTS) {
      put(order, text, row.getString(text));
    }
    String currency = row.getString("currency");
    for (String money : MONEY) {
      BigDecimal amount = row.getBigDecimal(money);
      order.put(
          money, new JsonObject().put("amount", amount.toPlainString()).put("currency", currency));
    }
    for (String time : TIMES) {
      OffsetDateTime at = row.getOffsetDateTime(time);
      put(order, time, at == null ? null : at.toInstant().toString());
    }
    order.put("late", row.getBoolean("late"));
    order.put("reviews", row.getInteger("review_count"));
    put(order, "review_score", row.getInteger("review_score"));
    Buffer json = order.toBuffer();
    // What is JSON in the row already.
    return json.slice(0, json.length() - 1)
        .copy()
        .appendString(",\"lines\":")
        .appendString(row.getString("lines"))
        .appendString(",\"sellers\":")
        .appendString(row.getString("sellers"))
        .appendString("}");
  }

  private static void put(
      JsonObject order, String name, @org.jspecify.annotations.Nullable Object value) {
    if (value != null) {
      order.put(name, value);
    }
  }
}
