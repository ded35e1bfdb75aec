package io.headrace.command.platform.openapi;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.headrace.command.platform.binding.Shape;
import io.headrace.command.platform.binding.Shapes;
import io.headrace.command.platform.spi.Identifier;
import io.headrace.events.platform.Money;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.PositiveOrZero;
import jakarta.validation.constraints.Size;
import java.lang.reflect.AnnotatedElement;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.jspecify.annotations.Nullable;

/** From shapes to schemas. Records become components, named once. */
final class Schemas {

  private final Shapes shapes = new Shapes();
  private final Map<String, Schema> components = new TreeMap<>();
  private final Map<String, Class<?>> owners = new TreeMap<>();

  Map<String, Schema> components() {
    return components;
  }

  /** A reference to the schema of a record; commands, and what they hold, take no other members. */
  Schema record(Shape.RecordOf shape, String context) {
    return reference(define(nameOf(shape.type(), context), shape, context, true));
  }

  private String define(String name, Shape.RecordOf shape, String context, boolean closed) {
    if (owners.putIfAbsent(name, shape.type()) == null) {
      components.put(name, OASFactory.createSchema());
      components.put(name, shape.type() == Money.class ? money() : object(shape, context, closed));
    }
    return name;
  }

  /** Two contexts may both have a record {@code Line}. */
  private String nameOf(Class<?> type, String context) {
    var annotation =
        type.getAnnotation(org.eclipse.microprofile.openapi.annotations.media.Schema.class);
    String name =
        annotation == null || annotation.name().isEmpty()
            ? type.getSimpleName()
            : annotation.name();
    Class<?> owner = owners.get(name);
    return owner == null || owner == type ? name : context + "." + name;
  }

  /** The state of an aggregate: one schema, or one for each subtype, told apart by a property. */
  Schema state(Class<?> type, String context) {
    JsonSubTypes subtypes = type.getAnnotation(JsonSubTypes.class);
    JsonTypeInfo info = type.getAnnotation(JsonTypeInfo.class);
    if (subtypes == null || info == null) {
      return type.isRecord()
          ? reference(define(nameOf(type, context), shapes.of(type), context, false))
          : OASFactory.createSchema().addType(SchemaType.OBJECT);
    }
    Schema oneOf = describe(OASFactory.createSchema(), type);
    for (JsonSubTypes.Type subtype : subtypes.value()) {
      String name = type.getSimpleName() + "." + subtype.value().getSimpleName();
      define(name, shapes.of(subtype.value()), context, false);
      Schema schema = components.get(name);
      schema.addProperty(
          info.property(),
          OASFactory.createSchema().addType(SchemaType.STRING).addEnumeration(subtype.name()));
      schema.addRequired(info.property());
      oneOf.addOneOf(reference(name));
    }
    return oneOf;
  }

  static Schema reference(String name) {
    return OASFactory.createSchema().ref("#/components/schemas/" + name);
  }

  private Schema object(Shape.RecordOf shape, String context, boolean closed) {
    Schema schema = describe(OASFactory.createSchema().addType(SchemaType.OBJECT), shape.type());
    for (Shape.Component component : shape.components()) {
      if (component.source() == Shape.Source.PATH_ID) {
        continue;
      }
      Schema property = constrain(of(component.shape(), context), component.annotations());
      if (component.source() == Shape.Source.BODY_OR_NOW && property.getDescription() == null) {
        property.setDescription("When it happened; the time of receipt where it is absent.");
      }
      schema.addProperty(component.name(), property);
      if (component.required()) {
        schema.addRequired(component.name());
      }
    }
    if (closed) {
      schema.setAdditionalPropertiesSchema(OASFactory.createSchema().booleanSchema(false));
    }
    return schema;
  }

  private Schema of(Shape shape, String context) {
    Schema schema = OASFactory.createSchema();
    return switch (shape) {
      case Shape.Scalar scalar -> scalar(schema, scalar);
      case Shape.Choice choice -> {
        schema.addType(SchemaType.STRING).setEnumeration(List.copyOf(choice.names()));
        yield schema;
      }
      case Shape.ListOf list -> schema.addType(SchemaType.ARRAY).items(of(list.element(), context));
      case Shape.RecordOf record ->
          reference(define(nameOf(record.type(), context), record, context, true));
      case Shape.Opaque _ -> schema;
    };
  }

  private static Schema scalar(Schema schema, Shape.Scalar scalar) {
    return switch (scalar) {
      case TEXT -> schema.addType(SchemaType.STRING);
      case BOOLEAN -> schema.addType(SchemaType.BOOLEAN);
      case INTEGER -> schema.addType(SchemaType.INTEGER).format("int32");
      case LONG -> schema.addType(SchemaType.INTEGER).format("int64");
      case NUMBER -> schema.addType(SchemaType.NUMBER).format("double");
      case DECIMAL -> schema.addType(SchemaType.STRING).pattern("^-?[0-9]+(\\.[0-9]+)?$");
      case INSTANT -> schema.addType(SchemaType.STRING).format("date-time");
      case DATE -> schema.addType(SchemaType.STRING).format("date");
    };
  }

  private static Schema money() {
    return OASFactory.createSchema()
        .addType(SchemaType.OBJECT)
        .description("An exact amount in one currency.")
        .addProperty(
            "amount",
            OASFactory.createSchema()
                .addType(SchemaType.STRING)
                .pattern("^-?[0-9]{1,15}(\\.[0-9]+)?$")
                .description("In major units, with at most the currency's number of decimals.")
                .addExample("12.30"))
        .addProperty(
            "currency",
            OASFactory.createSchema()
                .addType(SchemaType.STRING)
                .pattern("^[A-Z]{3}$")
                .description("ISO 4217.")
                .addExample("BRL"))
        .addRequired("amount")
        .addRequired("currency")
        .additionalPropertiesSchema(OASFactory.createSchema().booleanSchema(false));
  }

  private static Schema describe(Schema schema, AnnotatedElement element) {
    String description = description(element);
    return description == null ? schema : schema.description(description);
  }

  static @Nullable String description(AnnotatedElement element) {
    var annotation =
        element.getAnnotation(org.eclipse.microprofile.openapi.annotations.media.Schema.class);
    return annotation == null || annotation.description().isEmpty()
        ? null
        : annotation.description();
  }

  private static Schema constrain(Schema schema, AnnotatedElement element) {
    describe(schema, element);
    boolean array = schema.getType() != null && schema.getType().contains(SchemaType.ARRAY);
    if (element.isAnnotationPresent(NotBlank.class)) {
      schema.minLength(1);
    }
    if (element.isAnnotationPresent(NotEmpty.class)) {
      minimum(schema, array, 1);
    }
    Size size = element.getAnnotation(Size.class);
    if (size != null) {
      if (size.min() > 0) {
        minimum(schema, array, size.min());
      }
      if (size.max() < Integer.MAX_VALUE) {
        if (array) {
          schema.setMaxItems(size.max());
        } else {
          schema.setMaxLength(size.max());
        }
      }
    }
    Min min = element.getAnnotation(Min.class);
    if (min != null) {
      schema.setMinimum(BigDecimal.valueOf(min.value()));
    }
    Max max = element.getAnnotation(Max.class);
    if (max != null) {
      schema.setMaximum(BigDecimal.valueOf(max.value()));
    }
    if (element.isAnnotationPresent(Positive.class)) {
      schema.setExclusiveMinimum(BigDecimal.ZERO);
    }
    if (element.isAnnotationPresent(PositiveOrZero.class)) {
      schema.setMinimum(BigDecimal.ZERO);
    }
    Pattern pattern = element.getAnnotation(Pattern.class);
    if (pattern != null) {
      schema.setPattern("^(?:" + pattern.regexp() + ")$");
    }
    if (element.isAnnotationPresent(Identifier.class)) {
      schema.setPattern(Identifier.PATTERN);
    }
    return schema;
  }

  private static void minimum(Schema schema, boolean array, int min) {
    if (array) {
      schema.setMinItems(min);
    } else {
      schema.setMinLength(min);
    }
  }
}
