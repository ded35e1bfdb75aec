package io.headrace.events.contexts;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.victools.jsonschema.generator.FieldScope;
import com.github.victools.jsonschema.generator.Option;
import com.github.victools.jsonschema.generator.OptionPreset;
import com.github.victools.jsonschema.generator.SchemaGenerator;
import com.github.victools.jsonschema.generator.SchemaGeneratorConfigBuilder;
import com.github.victools.jsonschema.generator.SchemaVersion;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.Headers;
import io.headrace.events.platform.Money;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The JSON Schema (2020-12) of what the catalogue writes for a record. */
final class EventSchemas {

  private static final SchemaGenerator GENERATOR = generator();

  private EventSchemas() {}

  static JsonNode of(String wireName, Class<?> record) {
    ObjectNode schema = GENERATOR.generateSchema(record);
    ObjectNode named = EventJson.mapper().createObjectNode();
    named.put("$id", Headers.SCHEMA_URN_PREFIX + wireName);
    named.setAll(schema);
    // Through text, so that it compares equal with what is read from a file.
    try {
      return EventJson.mapper().readTree(named.toString());
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static SchemaGenerator generator() {
    SchemaGeneratorConfigBuilder builder =
        new SchemaGeneratorConfigBuilder(
                EventJson.mapper(), SchemaVersion.DRAFT_2020_12, OptionPreset.PLAIN_JSON)
            .with(Option.INLINE_ALL_SCHEMAS);
    builder.forFields().withRequiredCheck(field -> !isNullable(field));
    builder
        .forTypesInGeneral()
        .withCustomDefinitionProvider(
            (type, context) -> {
              ObjectNode node = EventJson.mapper().createObjectNode();
              if (type.getErasedType() == Instant.class) {
                node.put("type", "string").put("format", "date-time");
              } else if (type.getErasedType() == LocalDate.class) {
                node.put("type", "string").put("format", "date");
              } else if (type.getErasedType() == Money.class) {
                node.put("type", "object");
                ObjectNode properties = node.putObject("properties");
                properties
                    .putObject("amount")
                    .put("type", "string")
                    .put("pattern", "^-?[0-9]+(\\.[0-9]+)?$");
                properties.putObject("currency").put("type", "string").put("pattern", "^[A-Z]{3}$");
                node.putArray("required").add("amount").add("currency");
              } else if (type.getErasedType().isEnum()) {
                node.put("type", "string");
                var values = node.putArray("enum");
                Arrays.stream(type.getErasedType().getFields())
                    .filter(java.lang.reflect.Field::isEnumConstant)
                    .map(
                        constant -> {
                          JsonProperty property = constant.getAnnotation(JsonProperty.class);
                          return property == null ? constant.getName() : property.value();
                        })
                    .forEach(values::add);
              } else {
                return null;
              }
              return new com.github.victools.jsonschema.generator.CustomDefinition(
                  node,
                  com.github.victools.jsonschema.generator.CustomDefinition.DefinitionType.INLINE,
                  com.github.victools.jsonschema.generator.CustomDefinition.AttributeInclusion.YES);
            });
    return new SchemaGenerator(builder.build());
  }

  private static boolean isNullable(FieldScope field) {
    return field.getRawMember().getAnnotatedType().isAnnotationPresent(Nullable.class);
  }
}
