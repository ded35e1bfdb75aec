package io.headrace.query.contexts.ordering;

import io.headrace.query.platform.view.View;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.jspecify.annotations.Nullable;

@ApplicationScoped
class Sellers implements View, PanacheRepositoryBase<SellerRow, SellerRow.Key> {

  @Override
  public String name() {
    return "sellers";
  }

  @Override
  public String progress() {
    return "orders";
  }

  Uni<@Nullable Seller> seller(String sellerId) {
    return list("sellerId = ?1 order by currency", sellerId)
        .map(rows -> rows.isEmpty() ? null : Seller.of(rows));
  }
}
