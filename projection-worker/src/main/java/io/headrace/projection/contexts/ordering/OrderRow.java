package io.headrace.projection.contexts.ordering;

import io.headrace.events.platform.Money;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A row of the view {@code orders}. What is known of an order may arrive in any order; until it was
 * placed, {@code placedAt} and the amounts are absent.
 *
 * @param currency of all amounts
 * @param sellers sorted, each once
 * @param paid of the payments in {@code currency}
 * @param reviewScore of the latest review
 * @param shippedAt the latest dispatch, as {@code deliveredAt} is the latest delivery
 */
@RegisterForReflection
public record OrderRow(
    String orderId,
    @Nullable String customerId,
    String status,
    @Nullable String currency,
    @Nullable BigDecimal items,
    @Nullable BigDecimal freight,
    @Nullable BigDecimal total,
    @Nullable BigDecimal paid,
    @Nullable BigDecimal refunded,
    List<Line> lines,
    List<String> sellers,
    Map<String, Payment> payments,
    @Nullable String shipmentId,
    Map<String, Review> reviews,
    @Nullable Integer reviewScore,
    int reviewCount,
    int reviewScoreSum,
    @Nullable LocalDate promisedDelivery,
    @Nullable Instant placedAt,
    @Nullable Instant confirmedAt,
    @Nullable Instant shippedAt,
    @Nullable Instant deliveredAt,
    @Nullable Instant completedAt,
    @Nullable Instant cancelledAt,
    @Nullable Instant rejectedAt,
    @Nullable String cancelReason,
    @Nullable String rejectReason,
    boolean late) {

  public static final String PLACED = "placed";
  public static final String CONFIRMED = "confirmed";
  public static final String SHIPPED = "shipped";
  public static final String DELIVERED = "delivered";
  public static final String CANCELLED = "cancelled";
  public static final String REJECTED = "rejected";

  /** Neither cancelled nor rejected. */
  public boolean stands() {
    return cancelledAt == null && rejectedAt == null;
  }

  @RegisterForReflection
  public record Line(
      String productId, String sellerId, int quantity, Money unitPrice, Money freight) {}

  /**
   * @param amount what was authorized or declined; absent while neither has arrived
   * @param refunded what went back
   */
  @RegisterForReflection
  public record Payment(String state, @Nullable Money amount, @Nullable Money refunded) {

    public static final String AUTHORIZED = "authorized";
    public static final String CAPTURED = "captured";
    public static final String REFUNDED = "refunded";
    public static final String DECLINED = "declined";
  }

  @RegisterForReflection
  public record Review(int score, Instant postedAt) {}
}
