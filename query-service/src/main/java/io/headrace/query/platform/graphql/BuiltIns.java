package io.headrace.query.platform.graphql;

import graphql.Scalars;
import graphql.schema.GraphQLScalarType;
import graphql.schema.GraphQLSchema;

/**
 * The scalars of GraphQL itself, as the schema has them: SmallRye GraphQL brings some of its own,
 * and a schema has one type of a name.
 */
record BuiltIns(GraphQLScalarType text, GraphQLScalarType integer, GraphQLScalarType truth) {

  static BuiltIns of(GraphQLSchema schema) {
    return new BuiltIns(
        in(schema, Scalars.GraphQLString),
        in(schema, Scalars.GraphQLInt),
        in(schema, Scalars.GraphQLBoolean));
  }

  private static GraphQLScalarType in(GraphQLSchema schema, GraphQLScalarType standard) {
    return schema.getType(standard.getName()) instanceof GraphQLScalarType its ? its : standard;
  }
}
