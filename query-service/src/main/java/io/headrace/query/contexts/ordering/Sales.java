package io.headrace.query.contexts.ordering;

import io.headrace.events.platform.Money;
import io.headrace.query.platform.view.Attribute;
import io.headrace.query.platform.view.ExportableView;
import io.headrace.query.platform.view.ValueType;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.LocalDate;
import java.util.List;

@ApplicationScoped
class Sales implements ExportableView<DailySalesRow, DailySalesRow.Key, SalesOfDay> {

  private static final Attribute<DailySalesRow> DAY =
      new Attribute<>("day", ValueType.DATE, row -> row.day);

  @Override
  public String name() {
    return "daily_sales";
  }

  @Override
  public String progress() {
    return "orders";
  }

  @Override
  public Class<SalesOfDay> representation() {
    return SalesOfDay.class;
  }

  @Override
  public SalesOfDay represent(DailySalesRow row) {
    return new SalesOfDay(
        row.day, row.orders, new Money(row.revenue, row.currency), row.cancelled, row.rejected);
  }

  @Override
  public List<Attribute<DailySalesRow>> keys() {
    return List.of(DAY, Attribute.text("currency", row -> row.currency));
  }

  @Override
  public List<Attribute<DailySalesRow>> filters() {
    return List.of(DAY);
  }

  Uni<DailySales> daily(LocalDate from, LocalDate to) {
    return list("day between ?1 and ?2 order by day, currency", from, to)
        .map(rows -> DailySales.of(from, to, rows));
  }
}
