package io.headrace.query.platform.graphql;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import graphql.schema.GraphQLFieldDefinition;
import graphql.schema.GraphQLList;
import graphql.schema.GraphQLNonNull;
import graphql.schema.GraphQLObjectType;
import graphql.schema.GraphQLOutputType;
import graphql.schema.GraphQLType;
import graphql.schema.GraphQLTypeReference;
import io.headrace.query.platform.view.Relation;
import io.headrace.query.platform.view.ResourceView;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * GraphQL types of representations: the members that Jackson writes, under the name and with the
 * required members of their {@code @Schema}, and a field for each {@link Relation}.
 */
final class RowTypes {

  private final ObjectMapper json;
  private final BuiltIns scalars;
  private final Map<Class<?>, ResourceView<?, ?, ?>> views = new HashMap<>();
  private final Map<String, GraphQLType> types = new LinkedHashMap<>();

  RowTypes(ObjectMapper json, BuiltIns scalars, List<ResourceView<?, ?, ?>> views) {
    this.json = json;
    this.scalars = scalars;
    views.forEach(it -> this.views.put(it.representation(), it));
  }

  BuiltIns scalars() {
    return scalars;
  }

  /** All types of objects that were asked for, and those that they lead to. */
  Set<GraphQLType> all() {
    return Set.copyOf(types.values());
  }

  /** The name of the type of a representation, which is among {@link #all()} from now on. */
  String of(Class<?> representation) {
    return object(json.constructType(representation));
  }

  @Nullable ResourceView<?, ?, ?> viewOf(Class<?> representation) {
    return views.get(representation);
  }

  private String object(JavaType type) {
    var schema = type.getRawClass().getAnnotation(Schema.class);
    var name =
        schema == null || schema.name().isEmpty()
            ? type.getRawClass().getSimpleName()
            : schema.name();
    if (types.containsKey(name)) {
      return name;
    }
    // A type may lead back to itself.
    types.put(name, GraphQLTypeReference.typeRef(name));
    var required = schema == null ? Set.<String>of() : Set.of(schema.requiredProperties());
    var object = GraphQLObjectType.newObject().name(name);
    if (schema != null && !schema.description().isEmpty()) {
      object.description(schema.description());
    }
    for (var member : json.getSerializationConfig().introspect(type).findProperties()) {
      var output = output(member.getPrimaryType());
      object.field(
          GraphQLFieldDefinition.newFieldDefinition()
              .name(member.getName())
              .type(required.contains(member.getName()) ? GraphQLNonNull.nonNull(output) : output));
    }
    var view = views.get(type.getRawClass());
    if (view != null) {
      for (var relation : view.relations()) {
        object.field(
            GraphQLFieldDefinition.newFieldDefinition()
                .name(relation.name())
                .type(listOf(GraphQLTypeReference.typeRef(of(relation.type())))));
      }
    }
    types.put(name, object.build());
    return name;
  }

  static GraphQLOutputType listOf(GraphQLType type) {
    return GraphQLNonNull.nonNull(GraphQLList.list(GraphQLNonNull.nonNull(type)));
  }

  private GraphQLOutputType output(JavaType type) {
    var raw = type.getRawClass();
    if (type.isCollectionLikeType()) {
      return GraphQLList.list(GraphQLNonNull.nonNull(output(type.getContentType())));
    }
    if (raw == String.class || raw.isEnum()) {
      return scalars.text();
    }
    if (raw == int.class || raw == Integer.class) {
      return scalars.integer();
    }
    if (raw == boolean.class || raw == Boolean.class) {
      return scalars.truth();
    }
    if (raw == long.class || raw == Long.class) {
      return JsonScalars.LONG;
    }
    if (raw == BigDecimal.class) {
      return JsonScalars.DECIMAL;
    }
    if (raw == Instant.class) {
      return JsonScalars.DATE_TIME;
    }
    if (raw == LocalDate.class) {
      return JsonScalars.DATE;
    }
    return raw.isRecord() ? GraphQLTypeReference.typeRef(object(type)) : JsonScalars.JSON;
  }
}
