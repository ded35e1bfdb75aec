package io.headrace.query.contexts.ordering;

import io.headrace.query.platform.view.View;
import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.LocalDate;

@ApplicationScoped
class Sales implements View, PanacheRepositoryBase<DailySalesRow, DailySalesRow.Key> {

  @Override
  public String name() {
    return "daily_sales";
  }

  @Override
  public String progress() {
    return "orders";
  }

  Uni<DailySales> daily(LocalDate from, LocalDate to) {
    return list("day between ?1 and ?2 order by day, currency", from, to)
        .map(rows -> DailySales.of(from, to, rows));
  }
}
