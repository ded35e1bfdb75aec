package io.headrace.command.contexts.ordering;

import io.headrace.command.platform.spi.AggregateId;
import io.headrace.command.platform.spi.DefaultNow;
import io.headrace.command.platform.spi.FourDigitYear;
import io.headrace.command.platform.spi.Identifier;
import io.headrace.command.platform.spi.NotNegative;
import io.headrace.command.platform.spi.Patterns;
import io.headrace.events.platform.Money;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

sealed interface OrderCommand {

  int MAX_LINES = 500;
  int MAX_QUANTITY = 100_000;
  int MAX_REASON = 500;

  /** A customer orders. The totals are computed from the lines. */
  @RegisterForReflection
  @Schema(description = "A customer orders. The totals are computed from the lines.")
  record PlaceOrder(
      @AggregateId String orderId,
      @NotNull @Identifier String customerId,
      @Schema(description = "At least one line, all in one currency.")
          @NotNull @Size(max = MAX_LINES) List<@NotNull @Valid Line> lines,
      @Schema(description = "The last day (UTC) on which the delivery is not late.") @FourDigitYear
          @Nullable LocalDate promisedDelivery,
      @DefaultNow @FourDigitYear Instant at)
      implements OrderCommand {}

  @RegisterForReflection
  @Schema(name = "OrderLine", description = "One product of one seller.")
  record Line(
      @NotNull @Identifier String productId,
      @NotNull @Identifier String sellerId,
      @Min(1) @Max(MAX_QUANTITY) int quantity,
      @Schema(description = "The price of one unit.") @NotNull @NotNegative Money unitPrice,
      @Schema(description = "The freight of the whole line.") @NotNull @NotNegative
          Money freight) {}

  @RegisterForReflection
  @Schema(description = "The order is paid for. Sent by the process that watches its payments.")
  record ConfirmOrder(@AggregateId String orderId, @DefaultNow @FourDigitYear Instant at)
      implements OrderCommand {}

  @RegisterForReflection
  @Schema(description = "The customer withdraws; what was paid is refunded.")
  record CancelOrder(
      @AggregateId String orderId,
      @NotBlank @Size(max = MAX_REASON) @Pattern(regexp = Patterns.TEXT) String reason,
      @DefaultNow @FourDigitYear Instant at)
      implements OrderCommand {}

  @RegisterForReflection
  @Schema(description = "The marketplace or the seller cannot fulfil the order.")
  record RejectOrder(
      @AggregateId String orderId,
      @NotBlank @Size(max = MAX_REASON) @Pattern(regexp = Patterns.TEXT) String reason,
      @DefaultNow @FourDigitYear Instant at)
      implements OrderCommand {}

  @RegisterForReflection
  @Schema(description = "Everything was delivered. Sent by the process that watches the shipment.")
  record CompleteOrder(@AggregateId String orderId, @DefaultNow @FourDigitYear Instant at)
      implements OrderCommand {}
}
