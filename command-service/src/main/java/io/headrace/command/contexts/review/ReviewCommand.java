package io.headrace.command.contexts.review;

import io.headrace.command.platform.spi.AggregateId;
import io.headrace.command.platform.spi.DefaultNow;
import io.headrace.command.platform.spi.FourDigitYear;
import io.headrace.command.platform.spi.Identifier;
import io.headrace.command.platform.spi.Patterns;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

sealed interface ReviewCommand {

  int MAX_TITLE = 200;
  int MAX_TEXT = 10_000;

  @RegisterForReflection
  @Schema(description = "A customer says what they think of an order.")
  record PostReview(
      @AggregateId String reviewId,
      @NotNull @Identifier String orderId,
      @Schema(description = "1 is bad, 5 is good.") @Min(1) @Max(5) int score,
      @Size(max = MAX_TITLE) @Pattern(regexp = Patterns.TEXT) @Nullable String title,
      @Size(max = MAX_TEXT) @Pattern(regexp = Patterns.TEXT) @Nullable String message,
      @DefaultNow @FourDigitYear Instant at)
      implements ReviewCommand {}

  @RegisterForReflection
  @Schema(description = "The seller answers; the text may be private and absent here.")
  record AnswerReview(
      @AggregateId String reviewId,
      @Size(max = MAX_TEXT) @Pattern(regexp = Patterns.TEXT) @Nullable String answer,
      @DefaultNow @FourDigitYear Instant at)
      implements ReviewCommand {}
}
