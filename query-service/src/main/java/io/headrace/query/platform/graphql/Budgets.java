package io.headrace.query.platform.graphql;

import graphql.GraphQLContext;
import jakarta.enterprise.context.ApplicationScoped;

/** Gives every request its {@link Budget}. */
@ApplicationScoped
class Budgets {

  private final GraphqlConfig config;

  Budgets(GraphqlConfig config) {
    this.config = config;
  }

  Budget of(GraphQLContext request) {
    return request.computeIfAbsent(Budget.class, _ -> one());
  }

  /** For one event of a subscription, which goes on for as long as its client likes. */
  Budget one() {
    return new Budget(config);
  }
}
