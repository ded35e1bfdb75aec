package io.headrace.benchmarks.query;

import io.headrace.localstack.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The read tables with the worker's own schema, and orders in them. */
final class Dataset {

  private static final Path MIGRATIONS =
      Path.of("projection-worker", "src", "main", "resources", "db", "migration");

  private Dataset() {}

  static String orderId(int number) {
    return "o-%09d".formatted(number);
  }

  static void create(PostgresServer postgres, int orders) throws IOException, SQLException {
    try (Connection owner = postgres.connect(PostgresServer.VIEWS, "headrace_owner");
        Statement statement = owner.createStatement()) {
      for (Path migration : migrations()) {
        statement.execute(Files.readString(migration));
      }
      statement.execute(
          """
          INSERT INTO orders_g1 (order_id, customer_id, status, currency, items, freight, total, paid, refunded,
            lines, sellers, payments, shipment_id, reviews, review_score, review_count, review_score_sum,
            promised_delivery, placed_at, confirmed_at, shipped_at, delivered_at, completed_at, late)
          SELECT 'o-' || lpad(n::text, 9, '0'), 'customer-' || n %% 5000,
            (ARRAY['placed', 'confirmed', 'shipped', 'delivered'])[1 + n %% 4], 'BRL', 99.80, 12.50, 112.30, 112.30, 0,
            jsonb_build_array(
              jsonb_build_object('productId', 'product-' || n %% 900, 'sellerId', 'seller-' || n %% 300, 'quantity', 1,
                'unitPrice', '{"amount": "49.90", "currency": "BRL"}'::jsonb, 'freight', '{"amount": "6.25", "currency": "BRL"}'::jsonb),
              jsonb_build_object('productId', 'product-' || n %% 800, 'sellerId', 'seller-' || n %% 299, 'quantity', 1,
                'unitPrice', '{"amount": "49.90", "currency": "BRL"}'::jsonb, 'freight', '{"amount": "6.25", "currency": "BRL"}'::jsonb)),
            jsonb_build_array('seller-' || n %% 300, 'seller-' || n %% 299),
            jsonb_build_object('payment-' || n, '{"state": "authorized", "amount": {"amount": "112.30", "currency": "BRL"}}'::jsonb),
            'o-' || lpad(n::text, 9, '0'), '{}', 4, 1, 4, date '2018-03-01', timestamptz '2018-01-01 00:00:00+00' + n * interval '7 s',
            timestamptz '2018-01-01 00:01:00+00' + n * interval '7 s', timestamptz '2018-01-02 00:01:00+00' + n * interval '7 s', NULL, NULL, false
          FROM generate_series(0, %d) n"""
              .formatted(orders - 1));
      statement.execute("VACUUM ANALYZE orders_g1");
    }
  }

  private static List<Path> migrations() throws IOException {
    try (Stream<Path> files = Files.list(MIGRATIONS)) {
      return files
          .filter(file -> file.toString().endsWith(".sql"))
          .sorted(Comparator.comparingInt(Dataset::version))
          .toList();
    }
  }

  private static int version(Path migration) {
    return Integer.parseInt(migration.getFileName().toString().replaceAll("^V(\\d+)__.*", "$1"));
  }
}
