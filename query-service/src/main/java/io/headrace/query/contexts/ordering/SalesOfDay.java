package io.headrace.query.contexts.ordering;

import io.headrace.events.platform.Money;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.LocalDate;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

@RegisterForReflection
@Schema(
    name = "DailySalesOfCurrency",
    description = "The sales of one day in one currency, as a line of an export.",
    requiredProperties = {"day", "orders", "revenue", "cancelled", "rejected"})
record SalesOfDay(LocalDate day, long orders, Money revenue, long cancelled, long rejected) {}
