package io.headrace.command.platform.spi;

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
 * An id: 1 to 128 characters, safe in a path, in a stream id and in a Kafka key. An absent one
 * passes, as with Bean Validation's own constraints.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target({
  ElementType.FIELD,
  ElementType.METHOD,
  ElementType.PARAMETER,
  ElementType.RECORD_COMPONENT,
  ElementType.TYPE_USE
})
@Constraint(validatedBy = Identifier.OfText.class)
public @interface Identifier {

  String RULE =
      "must be 1 to 128 letters, digits, dashes and underscores, and begin with a letter or digit";

  /** The rule as a regular expression, for the API description. */
  String PATTERN = "^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$";

  String message() default RULE;

  Class<?>[] groups() default {};

  Class<? extends Payload>[] payload() default {};

  /** Looks at each character once: most commands have several ids. */
  final class OfText implements ConstraintValidator<Identifier, String> {

    private static final int MAX_LENGTH = 128;

    @Override
    public boolean isValid(@Nullable String value, ConstraintValidatorContext context) {
      return value == null || isIdentifier(value);
    }

    public static boolean isIdentifier(String value) {
      if (value.isEmpty() || value.length() > MAX_LENGTH) {
        return false;
      }
      for (int i = 0; i < value.length(); i++) {
        char c = value.charAt(i);
        boolean letterOrDigit =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letterOrDigit && (i == 0 || (c != '-' && c != '_'))) {
          return false;
        }
      }
      return true;
    }
  }
}
