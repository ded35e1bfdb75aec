package io.headrace.systemtests.replay;

import java.math.BigDecimal;

/** What the daily sales say of one day; revenue in BRL. */
public record DayRow(int orders, BigDecimal revenue, int cancelled, int rejected) {

  public static final DayRow NOTHING = new DayRow(0, new BigDecimal("0.00"), 0, 0);

  DayRow minus(DayRow other) {
    return new DayRow(
        orders - other.orders,
        revenue.subtract(other.revenue),
        cancelled - other.cancelled,
        rejected - other.rejected);
  }

  DayRow plus(DayRow other) {
    return new DayRow(
        orders + other.orders,
        revenue.add(other.revenue),
        cancelled + other.cancelled,
        rejected + other.rejected);
  }
}
