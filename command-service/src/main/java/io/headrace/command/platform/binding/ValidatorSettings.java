package io.headrace.command.platform.binding;

import io.quarkus.hibernate.validator.ValidatorFactoryCustomizer;
import jakarta.inject.Singleton;
import org.hibernate.validator.BaseHibernateValidatorConfiguration;

/**
 * There are no lazy properties here whose loading would have to be asked about, so every property
 * can be reached; to remember that answer costs more than to give it.
 */
@Singleton
class ValidatorSettings implements ValidatorFactoryCustomizer {

  @Override
  public void customize(BaseHibernateValidatorConfiguration<?> configuration) {
    configuration.enableTraversableResolverResultCache(false);
  }
}
