package io.headrace.query.contexts.ordering;

import io.headrace.events.platform.Money;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

@RegisterForReflection
@Schema(
    name = "SellerTotals",
    description = "What a seller has sold in one currency, as a line of an export.",
    requiredProperties = {
      "sellerId",
      "orders",
      "units",
      "revenue",
      "lateDeliveries",
      "reviews",
      "reviewScoreSum"
    })
record SellerTotals(
    String sellerId,
    long orders,
    long units,
    Money revenue,
    long lateDeliveries,
    long reviews,
    long reviewScoreSum) {}
