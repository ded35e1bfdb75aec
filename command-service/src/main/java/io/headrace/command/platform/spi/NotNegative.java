package io.headrace.command.platform.spi;

import io.headrace.events.platform.Money;
import jakarta.validation.Constraint;
import jakarta.validation.ConstraintValidator;
import jakarta.validation.ConstraintValidatorContext;
import jakarta.validation.Payload;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.jspecify.annotations.Nullable;

/**
 * An amount of zero or more. An absent amount passes, as with Bean Validation's own constraints.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target({
  ElementType.FIELD,
  ElementType.METHOD,
  ElementType.PARAMETER,
  ElementType.RECORD_COMPONENT,
  ElementType.TYPE_USE
})
@Constraint(validatedBy = NotNegative.OfMoney.class)
public @interface NotNegative {

  String message() default "must not be negative";

  Class<?>[] groups() default {};

  Class<? extends Payload>[] payload() default {};

  /** Reads the sign of the amount. */
  final class OfMoney implements ConstraintValidator<NotNegative, Money> {

    @Override
    public boolean isValid(@Nullable Money value, ConstraintValidatorContext context) {
      return value == null || value.signum() >= 0;
    }
  }
}
