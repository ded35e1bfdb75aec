package io.headrace.projection.contexts.ordering;

import io.headrace.projection.contexts.ordering.DailySalesRollup.Day;
import io.headrace.projection.contexts.ordering.DailySalesRollup.Sales;
import io.headrace.projection.platform.view.Rollup;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;

/** Orders by the UTC day on which they were placed; revenue of those confirmed that stand. */
final class DailySalesRollup implements Rollup<OrderRow, Day, Sales> {

  @RegisterForReflection
  record Day(LocalDate day, String currency) {}

  @RegisterForReflection
  record Sales(long orders, BigDecimal revenue, long cancelled, long rejected) {}

  @Override
  public String name() {
    return "daily_sales";
  }

  @Override
  public Class<Day> keyType() {
    return Day.class;
  }

  @Override
  public Class<Sales> measuresType() {
    return Sales.class;
  }

  @Override
  public List<Contribution<Day, Sales>> contributions(OrderRow row) {
    if (row.placedAt() == null || row.currency() == null || row.items() == null) {
      return List.of();
    }
    boolean sold = row.confirmedAt() != null && row.stands();
    return List.of(
        new Contribution<>(
            new Day(LocalDate.ofInstant(row.placedAt(), ZoneOffset.UTC), row.currency()),
            new Sales(
                1,
                sold ? row.items() : BigDecimal.ZERO,
                row.status().equals(OrderRow.CANCELLED) ? 1 : 0,
                row.status().equals(OrderRow.REJECTED) ? 1 : 0)));
  }
}
