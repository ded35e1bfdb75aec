package io.headrace.command.platform.spi;

import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.time.Instant;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * A date or time between the years 0001 and 9999: what RFC 3339 can write, and what every reader of
 * the events can store. Java's own types reach a billion years further.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target({
  ElementType.FIELD,
  ElementType.METHOD,
  ElementType.PARAMETER,
  ElementType.RECORD_COMPONENT,
  ElementType.TYPE_USE
})
@Constraint(validatedBy = {FourDigitYear.OfDate.class, FourDigitYear.OfInstant.class})
public @interface FourDigitYear {

  String message() default "must be between the years 0001 and 9999";

  Class<?>[] groups() default {};

  Class<? extends Payload>[] payload() default {};

  /** Dates. */
  final class OfDate implements ConstraintValidator<FourDigitYear, LocalDate> {

    @Override
    public boolean isValid(@Nullable LocalDate value, ConstraintValidatorContext context) {
      return value == null || (value.getYear() >= 1 && value.getYear() <= 9999);
    }
  }

  /** Times, in UTC. */
  final class OfInstant implements ConstraintValidator<FourDigitYear, Instant> {

    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant END = Instant.parse("+10000-01-01T00:00:00Z");

    @Override
    public boolean isValid(@Nullable Instant value, ConstraintValidatorContext context) {
      return value == null || (!value.isBefore(FIRST) && value.isBefore(END));
    }
  }
}
