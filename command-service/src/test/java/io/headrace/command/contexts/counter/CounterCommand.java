package io.headrace.command.contexts.counter;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.headrace.command.platform.spi.AggregateId;
import io.headrace.command.platform.spi.DefaultNow;
import io.headrace.events.platform.Money;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

sealed interface CounterCommand {

  enum Colour {
    @JsonProperty("red")
    RED,
    @JsonProperty("dark_blue")
    DARK_BLUE
  }

  record Label(@NotBlank @Size(max = 10) String text, @Min(1) @Max(9) int weight, Colour colour) {}

  record OpenCounter(
      @AggregateId String counterId,
      @Size(max = 3) List<@Valid Label> labels,
      @Nullable @Size(max = 20) String note,
      @Nullable Money fee,
      @Nullable LocalDate until,
      @Nullable Boolean loud,
      @DefaultNow Instant at)
      implements CounterCommand {}

  /**
   * Records {@code times} events; fails as a defect where {@code by} is 666 or 667, or 668 on more
   * than 2000.
   */
  record IncreaseCounter(
      @AggregateId String counterId,
      @Min(0) @Max(1000) int by,
      @Nullable @Min(1) @Max(2000) Integer times,
      @Nullable String ticket)
      implements CounterCommand {}

  /** Cannot be constructed, as a defect, where {@code bytes} is -1. */
  record FillCounter(@AggregateId String counterId, long bytes) implements CounterCommand {

    public FillCounter {
      if (bytes == -1) {
        throw new IllegalStateException("no constructor is perfect");
      }
    }
  }
}
