package io.headrace.query.contexts.ordering;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serializable;
import java.math.BigDecimal;
import java.time.LocalDate;
import org.hibernate.annotations.Immutable;

@Entity
@Immutable
@Table(name = "daily_sales")
@IdClass(DailySalesRow.Key.class)
class DailySalesRow {

  record Key(LocalDate day, String currency) implements Serializable {}

  @Id LocalDate day;
  @Id String currency;
  long orders;
  BigDecimal revenue;
  long cancelled;
  long rejected;
}
