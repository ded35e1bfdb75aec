package io.headrace.query.platform.http;

import io.headrace.query.platform.view.Attribute;
import io.headrace.query.platform.view.Operator;
import io.headrace.query.platform.view.ValueType;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.headers.Header;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/** Parts of an API description. */
final class Schemas {

  static final String MONEY = "Money";
  static final String LINKS = "Links";
  private static final String LINK = "Link";

  private Schemas() {}

  static Schema of(ValueType type) {
    var schema = typed(type).description("Must be " + type.expected() + ".");
    if (!type.format().isEmpty()) {
      schema.format(type.format());
    }
    if (!type.allowed().isEmpty() && type != ValueType.BOOLEAN) {
      schema.enumeration(new ArrayList<>(type.allowed()));
    }
    return schema;
  }

  private static Schema typed(ValueType type) {
    var schema = OASFactory.createSchema();
    if (type == ValueType.BOOLEAN) {
      return schema.addType(SchemaType.BOOLEAN);
    }
    return schema.addType(
        type == ValueType.INTEGER || type == ValueType.LONG
            ? SchemaType.INTEGER
            : SchemaType.STRING);
  }

  static Schema text() {
    return OASFactory.createSchema().addType(SchemaType.STRING);
  }

  static Schema truth() {
    return OASFactory.createSchema().addType(SchemaType.BOOLEAN);
  }

  static Schema array(Schema items) {
    return OASFactory.createSchema().addType(SchemaType.ARRAY).items(items);
  }

  static Schema object() {
    return OASFactory.createSchema().addType(SchemaType.OBJECT);
  }

  static Schema ref(String name) {
    return OASFactory.createSchema().ref("#/components/schemas/" + name);
  }

  // The build sees a number where JSON has a string, since it knows nothing of @JsonFormat.
  static Schema money() {
    return object()
        .description("An exact amount with the currency's number of decimals.")
        .addRequired("amount")
        .addRequired("currency")
        .addProperty("amount", text().addExample("12.30"))
        .addProperty("currency", text().description("ISO 4217.").addExample("BRL"));
  }

  static Schema links() {
    return object()
        .description(
            "Where to go from here, by relation (HAL): the row or page itself, what is related, and the commands that the state allows now, which are sent with POST.")
        .additionalPropertiesSchema(
            OASFactory.createSchema().oneOf(List.of(ref(LINK), array(ref(LINK)))));
  }

  static Content content(String mediaType, Schema schema, @Nullable Object example) {
    var media = OASFactory.createMediaType().schema(schema);
    if (example != null) {
      media.example(example);
    }
    return OASFactory.createContent().addMediaType(mediaType, media);
  }

  static Parameter inPath(String name, Schema schema) {
    return parameter(name, Parameter.In.PATH, schema).required(true);
  }

  static Parameter inQuery(String name, String description, Schema schema) {
    return parameter(name, Parameter.In.QUERY, schema).description(description);
  }

  /** Several values in one parameter, separated by commas. */
  static Parameter severalInQuery(String name, String description, Schema items) {
    return inQuery(name, description, array(items)).style(Parameter.Style.FORM).explode(false);
  }

  private static Parameter parameter(String name, Parameter.In in, Schema schema) {
    return OASFactory.createParameter().name(name).in(in).schema(schema);
  }

  static Header header(String description) {
    return OASFactory.createHeader().description(description).schema(text());
  }

  static Parameter filter(Attribute<?> filter, Operator operator) {
    var parameter = operator.parameter(filter.name());
    var schema = of(filter.type());
    return switch (operator) {
      case EQ -> inQuery(parameter, "Only those with this value.", schema);
      case NE -> inQuery(parameter, "Only those with another value.", schema);
      case IN ->
          severalInQuery(
              parameter,
              "Only those with one of these values, at most " + Criteria.MAX_VALUES + ".",
              schema);
      case GT -> inQuery(parameter, "Only those above.", schema);
      case GTE -> inQuery(parameter, "Only those at or above.", schema);
      case LT -> inQuery(parameter, "Only those below.", schema);
      case LTE -> inQuery(parameter, "Only those at or below.", schema);
    };
  }

  static Parameter fields(List<String> names) {
    var items = text().enumeration(new ArrayList<>(names));
    items.addEnumeration(Representations.LINKS);
    return severalInQuery(
        Representations.FIELDS, "Only these members of a row; all if absent.", items);
  }

  static void addPath(OpenAPI api, String path, Operation operation) {
    api.getPaths().addPathItem(path, OASFactory.createPathItem().GET(operation));
  }

  static String capital(String name) {
    return Character.toUpperCase(name.charAt(0)) + name.substring(1);
  }
}
