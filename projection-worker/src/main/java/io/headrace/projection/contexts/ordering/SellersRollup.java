package io.headrace.projection.contexts.ordering;

import io.headrace.projection.contexts.ordering.OrderRow.Line;
import io.headrace.projection.contexts.ordering.SellersRollup.Seller;
import io.headrace.projection.contexts.ordering.SellersRollup.Totals;
import io.headrace.projection.platform.view.Rollup;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.math.BigDecimal;
import java.util.List;

/**
 * What each seller has to do with. Orders, units and revenue count while an order is confirmed and
 * stands; a late delivery counts while it stands; a review of any placed order counts, once for
 * every seller of the order.
 */
final class SellersRollup implements Rollup<OrderRow, Seller, Totals> {

  @RegisterForReflection
  record Seller(String sellerId, String currency) {}

  @RegisterForReflection
  record Totals(
      long orders,
      long units,
      BigDecimal revenue,
      long lateDeliveries,
      long reviews,
      long reviewScoreSum) {}

  @Override
  public String name() {
    return "sellers";
  }

  @Override
  public Class<Seller> keyType() {
    return Seller.class;
  }

  @Override
  public Class<Totals> measuresType() {
    return Totals.class;
  }

  @Override
  public List<Contribution<Seller, Totals>> contributions(OrderRow row) {
    String currency = row.currency();
    if (row.placedAt() == null || currency == null) {
      return List.of();
    }
    return row.sellers().stream()
        .map(
            seller ->
                new Contribution<>(
                    new Seller(seller, currency),
                    row.confirmedAt() != null && row.stands() ? sold(row, seller) : unsold(row)))
        .toList();
  }

  private static Totals sold(OrderRow row, String seller) {
    long units = 0;
    BigDecimal revenue = BigDecimal.ZERO;
    for (Line line : row.lines()) {
      if (line.sellerId().equals(seller)) {
        units += line.quantity();
        revenue = revenue.add(line.unitPrice().times(line.quantity()).amount());
      }
    }
    return new Totals(
        1, units, revenue, lateDeliveries(row), row.reviewCount(), row.reviewScoreSum());
  }

  private static Totals unsold(OrderRow row) {
    return new Totals(
        0, 0, BigDecimal.ZERO, lateDeliveries(row), row.reviewCount(), row.reviewScoreSum());
  }

  private static long lateDeliveries(OrderRow row) {
    return row.late() && row.stands() ? 1 : 0;
  }
}
