package io.headrace.command.platform.binding;

import jakarta.validation.Validation;
import org.hibernate.validator.messageinterpolation.ParameterMessageInterpolator;

/** The binding of commands as the service has it, for tests that start no service. */
public final class TestBinding {

  private TestBinding() {}

  public static CommandBinding create() {
    return new CommandBinding(
        Validation.byDefaultProvider()
            .configure()
            .messageInterpolator(new ParameterMessageInterpolator())
            .buildValidatorFactory()
            .getValidator());
  }
}
