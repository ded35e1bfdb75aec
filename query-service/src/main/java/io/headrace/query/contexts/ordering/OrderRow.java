package io.headrace.query.contexts.ordering;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import jakarta.persistence.Transient;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.SortedMap;
import org.hibernate.annotations.ColumnTransformer;
import org.hibernate.annotations.Immutable;
import org.jspecify.annotations.Nullable;

@Entity
@Immutable
@Table(name = "orders")
class OrderRow {
  @Id String orderId;
  String customerId;
  String status;
  String currency;
  BigDecimal items;
  BigDecimal freight;
  BigDecimal total;
  BigDecimal paid;
  BigDecimal refunded;

  @ColumnTransformer(read = "cast(lines as text)")
  String lines;

  @ColumnTransformer(read = "cast(sellers as text)")
  String sellers;

  @ColumnTransformer(read = "cast(payments as text)")
  String payments;

  /** The payments, once they have been read. */
  @Transient @Nullable SortedMap<String, OrderPayment> paymentsById;

  @Nullable String shipmentId;
  @Nullable Integer reviewScore;
  int reviewCount;
  int reviewScoreSum;
  @Nullable LocalDate promisedDelivery;
  Instant placedAt;
  @Nullable Instant confirmedAt;
  @Nullable Instant shippedAt;
  @Nullable Instant deliveredAt;
  @Nullable Instant completedAt;
  @Nullable Instant cancelledAt;
  @Nullable Instant rejectedAt;
  @Nullable String cancelReason;
  @Nullable String rejectReason;
  boolean late;
}
