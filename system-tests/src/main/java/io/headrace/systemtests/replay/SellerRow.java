package io.headrace.systemtests.replay;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * What the seller view says of one seller; revenue in BRL.
 *
 * @param averageScore with two decimals, absent without reviews
 */
public record SellerRow(
    int orders,
    int units,
    BigDecimal revenue,
    int lateDeliveries,
    int reviews,
    @Nullable BigDecimal averageScore) {

  public static final SellerRow NOTHING = new SellerRow(0, 0, new BigDecimal("0.00"), 0, 0, null);
}
