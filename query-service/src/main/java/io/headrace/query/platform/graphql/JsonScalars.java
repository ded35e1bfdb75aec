package io.headrace.query.platform.graphql;

import graphql.GraphQLContext;
import graphql.execution.CoercedVariables;
import graphql.language.BooleanValue;
import graphql.language.FloatValue;
import graphql.language.IntValue;
import graphql.language.StringValue;
import graphql.language.Value;
import graphql.schema.Coercing;
import graphql.schema.CoercingParseLiteralException;
import graphql.schema.GraphQLScalarType;
import java.util.Locale;

/**
 * Scalars that GraphQL itself does not know. They pass on what JSON has; a value that comes in is
 * read by the type of the attribute that it is compared with, as in the query of a URL.
 */
final class JsonScalars {

  static final GraphQLScalarType DATE_TIME =
      scalar("Timestamp", "A time such as 2018-01-31T12:30:00Z, in UTC.");
  static final GraphQLScalarType DATE = scalar("Day", "A day such as 2018-01-31.");
  static final GraphQLScalarType DECIMAL = scalar("Decimal", "An exact decimal number.");
  static final GraphQLScalarType LONG = scalar("Long", "A whole number of 64 bits.");
  static final GraphQLScalarType JSON = scalar("Json", "Any JSON.");

  private JsonScalars() {}

  private static GraphQLScalarType scalar(String name, String description) {
    return GraphQLScalarType.newScalar()
        .name(name)
        .description(description)
        .coercing(new AsItIs(name))
        .build();
  }

  private record AsItIs(String name) implements Coercing<Object, Object> {

    @Override
    public Object serialize(Object value, GraphQLContext context, Locale locale) {
      return value;
    }

    @Override
    public Object parseValue(Object input, GraphQLContext context, Locale locale) {
      return input.toString();
    }

    @Override
    public Object parseLiteral(
        Value<?> input, CoercedVariables variables, GraphQLContext context, Locale locale) {
      return switch (input) {
        case StringValue it -> it.getValue();
        case IntValue it -> it.getValue().toString();
        case FloatValue it -> it.getValue().toPlainString();
        case BooleanValue it -> String.valueOf(it.isValue());
        default -> throw new CoercingParseLiteralException("This is no " + name + ".");
      };
    }
  }
}
