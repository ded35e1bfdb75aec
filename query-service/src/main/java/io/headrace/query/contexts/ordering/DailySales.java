package io.headrace.query.contexts.ordering;

import io.headrace.events.platform.Money;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.LocalDate;
import java.util.List;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

@RegisterForReflection
@Schema(
    name = "DailySales",
    description = "Sales by the day (UTC) on which orders were placed.",
    requiredProperties = {"from", "to", "days"})
record DailySales(
    LocalDate from,
    LocalDate to,
    @Schema(description = "The days with orders, ascending.") List<Day> days) {

  @RegisterForReflection
  @Schema(
      name = "SalesOfDay",
      requiredProperties = {"day", "orders", "revenue", "cancelled", "rejected"})
  record Day(
      LocalDate day,
      @Schema(description = "All orders placed on this day.") long orders,
      @Schema(
              description =
                  "Items of those that are confirmed and neither cancelled nor rejected, by currency.")
          List<Money> revenue,
      @Schema(description = "How many of the orders are cancelled by now.") long cancelled,
      @Schema(description = "How many of the orders are rejected by now.") long rejected) {

    private static Day of(LocalDate day, List<DailySalesRow> rows) {
      return new Day(
          day,
          sum(rows, row -> row.orders),
          rows.stream().map(row -> new Money(row.revenue, row.currency)).toList(),
          sum(rows, row -> row.cancelled),
          sum(rows, row -> row.rejected));
    }

    private static long sum(List<DailySalesRow> rows, ToLongFunction<DailySalesRow> measure) {
      return rows.stream().mapToLong(measure).sum();
    }
  }

  static DailySales of(LocalDate from, LocalDate to, List<DailySalesRow> rows) {
    var byDay =
        rows.stream()
            .collect(Collectors.groupingBy(row -> row.day, TreeMap::new, Collectors.toList()));
    return new DailySales(
        from, to, byDay.entrySet().stream().map(it -> Day.of(it.getKey(), it.getValue())).toList());
  }
}
