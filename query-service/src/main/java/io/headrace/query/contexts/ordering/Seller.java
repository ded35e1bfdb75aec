package io.headrace.query.contexts.ordering;

import io.headrace.events.platform.Money;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.function.ToLongFunction;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

@RegisterForReflection
@Schema(
    name = "Seller",
    description = "What a seller has sold, and how it went.",
    requiredProperties = {"sellerId", "orders", "units", "revenue", "lateDeliveries", "reviews"})
record Seller(
    String sellerId,
    @Schema(description = "Confirmed orders, neither cancelled nor rejected.") long orders,
    @Schema(description = "Units in these orders.") long units,
    @Schema(description = "Their price without freight, by currency.") List<Money> revenue,
    @Schema(description = "Orders delivered after the promised day.") long lateDeliveries,
    @Schema(description = "Reviews of orders with this seller.") long reviews,
    @Schema(
            description = "Their average score; absent without reviews.",
            examples = "4.50",
            pattern = "[1-5]\\.[0-9]{2}")
        @Nullable String averageReviewScore) {

  /**
   * @param rows of one seller, one for each currency, at least one
   */
  static Seller of(List<SellerRow> rows) {
    long reviews = sum(rows, row -> row.reviews);
    return new Seller(
        rows.getFirst().sellerId,
        sum(rows, row -> row.orders),
        sum(rows, row -> row.units),
        rows.stream().map(row -> new Money(row.revenue, row.currency)).toList(),
        sum(rows, row -> row.lateDeliveries),
        reviews,
        reviews == 0 ? null : average(sum(rows, row -> row.reviewScoreSum), reviews));
  }

  private static long sum(List<SellerRow> rows, ToLongFunction<SellerRow> measure) {
    return rows.stream().mapToLong(measure).sum();
  }

  private static String average(long sum, long count) {
    return BigDecimal.valueOf(sum)
        .divide(BigDecimal.valueOf(count), 2, RoundingMode.HALF_UP)
        .toPlainString();
  }
}
