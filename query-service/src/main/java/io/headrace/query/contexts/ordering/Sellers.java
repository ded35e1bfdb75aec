package io.headrace.query.contexts.ordering;

import io.headrace.events.platform.Money;
import io.headrace.query.platform.view.Attribute;
import io.headrace.query.platform.view.ExportableView;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

@ApplicationScoped
class Sellers implements ExportableView<SellerRow, SellerRow.Key, SellerTotals> {

  @Override
  public String name() {
    return "sellers";
  }

  @Override
  public String progress() {
    return "orders";
  }

  @Override
  public Class<SellerTotals> representation() {
    return SellerTotals.class;
  }

  @Override
  public SellerTotals represent(SellerRow row) {
    return new SellerTotals(
        row.sellerId,
        row.orders,
        row.units,
        new Money(row.revenue, row.currency),
        row.lateDeliveries,
        row.reviews,
        row.reviewScoreSum);
  }

  @Override
  public List<Attribute<SellerRow>> keys() {
    return List.of(
        Attribute.text("sellerId", row -> row.sellerId),
        Attribute.text("currency", row -> row.currency));
  }

  Uni<@Nullable Seller> seller(String sellerId) {
    return list("sellerId = ?1 order by currency", sellerId)
        .map(rows -> rows.isEmpty() ? null : Seller.of(rows));
  }

  /** Seller → totals; a seller who has none is not among them. */
  Uni<Map<String, List<Seller>>> sellers(Set<String> sellerIds) {
    return list("sellerId in ?1 order by sellerId, currency", List.copyOf(sellerIds))
        .map(
            rows -> {
              var bySeller = rows.stream().collect(Collectors.groupingBy(row -> row.sellerId));
              return bySeller.entrySet().stream()
                  .collect(
                      Collectors.toUnmodifiableMap(
                          Map.Entry::getKey, it -> List.of(Seller.of(it.getValue()))));
            });
  }
}
