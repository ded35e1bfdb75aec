package io.headrace.query.contexts.ordering;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.IdClass;
import jakarta.persistence.Table;
import java.io.Serializable;
import java.math.BigDecimal;
import org.hibernate.annotations.Immutable;

@Entity
@Immutable
@Table(name = "sellers")
@IdClass(SellerRow.Key.class)
class SellerRow {

  record Key(String sellerId, String currency) implements Serializable {}

  @Id String sellerId;
  @Id String currency;
  long orders;
  long units;
  BigDecimal revenue;
  long lateDeliveries;
  long reviews;
  long reviewScoreSum;
}
