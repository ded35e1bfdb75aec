package io.headrace.query.contexts.ordering;

import io.headrace.events.platform.Money;
import io.headrace.query.platform.view.Attribute;
import io.headrace.query.platform.view.ExportableView;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

@ApplicationScoped
class Sellers implements ExportableView<SellerRow, SellerRow.Key, SellerTotals> {

  private static final Attribute<SellerRow> SELLER =
      Attribute.text("sellerId", row -> row.sellerId);

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
    return List.of(SELLER, Attribute.text("currency", row -> row.currency));
  }

  /** Seller → totals; a seller who has none is not among them. */
  Uni<Map<String, Seller>> totals(Collection<String> sellerIds) {
    return list(
            SELLER.isAnyOf("?1") + " order by currency", (Object) sellerIds.toArray(String[]::new))
        .map(
            rows ->
                rows.stream()
                    .collect(
                        Collectors.groupingBy(
                            row -> row.sellerId,
                            Collectors.collectingAndThen(Collectors.toList(), Seller::of))));
  }

  /** The same, for what may have several of each. */
  Uni<Map<String, List<Seller>>> sellers(Set<String> sellerIds) {
    return totals(sellerIds)
        .map(
            totals ->
                totals.entrySet().stream()
                    .collect(
                        Collectors.toUnmodifiableMap(
                            Map.Entry::getKey, it -> List.of(it.getValue()))));
  }
}
