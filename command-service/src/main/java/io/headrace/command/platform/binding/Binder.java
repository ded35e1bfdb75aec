package io.headrace.command.platform.binding;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.command.platform.binding.Shape.Component;
import io.headrace.command.platform.binding.Shape.Source;
import java.lang.reflect.InvocationTargetException;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Binds one JSON tree to one record and collects everything that is wrong with it. No coercion: a
 * number is not a string, {@code 1.0} is not a whole number, a decimal is a string.
 */
final class Binder {

  /** More would not help anybody, and an answer must not grow with the attack. */
  private static final int MAX_ERRORS = 50;

  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]{1,40}(\\.[0-9]{1,40})?");

  private final ObjectMapper mapper;
  private final String id;
  private final Instant now;
  private final Duration tolerance;
  private final List<FieldError> errors = new ArrayList<>();

  /** Where it is in the tree: names, and indices of arrays. Written out for an error only. */
  private final List<Object> path = new ArrayList<>();

  private int failures;

  Binder(ObjectMapper mapper, String id, Instant now, Duration tolerance) {
    this.mapper = mapper;
    this.id = id;
    this.now = now;
    this.tolerance = tolerance;
  }

  List<FieldError> errors() {
    return errors;
  }

  /** Null if there are errors. */
  @Nullable Object bind(Shape shape, JsonNode node) {
    return switch (shape) {
      case Shape.Scalar scalar -> scalar(scalar, node);
      case Shape.Choice choice -> choice(choice, node);
      case Shape.ListOf list -> list(list, node);
      case Shape.RecordOf record -> record(record, node);
      case Shape.Opaque opaque -> opaque(opaque, node);
    };
  }

  private @Nullable Object record(Shape.RecordOf shape, JsonNode node) {
    if (!node.isObject()) {
      return error("must be a JSON object");
    }
    int before = failures;
    List<Component> components = shape.components();
    var arguments = new Object[components.size()];
    int used = 0;
    for (int i = 0; i < arguments.length; i++) {
      Component component = components.get(i);
      if (component.source() == Source.PATH_ID) {
        arguments[i] = id;
        continue;
      }
      JsonNode value = node.get(component.name());
      if (value != null) {
        used++;
      }
      path.add(component.name());
      arguments[i] = component(component, value);
      path.removeLast();
    }
    if (used < node.size()) {
      unknownFields(shape, node);
    }
    return failures > before ? null : construct(shape, arguments);
  }

  private @Nullable Object component(Component component, @Nullable JsonNode value) {
    if (value == null || value.isNull()) {
      if (component.source() == Source.BODY_OR_NOW) {
        return now;
      }
      return component.nullable() ? null : error(value == null ? "is missing" : "must not be null");
    }
    Object bound = bind(component.shape(), value);
    if (component.source() == Source.BODY_OR_NOW
        && bound instanceof Instant at
        && at.isAfter(now.plus(tolerance))) {
      return error("must not be more than %s ahead of the server's clock".formatted(tolerance));
    }
    return bound;
  }

  private void unknownFields(Shape.RecordOf shape, JsonNode node) {
    List<String> known =
        shape.components().stream()
            .filter(c -> c.source() != Source.PATH_ID)
            .map(Component::name)
            .toList();
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!known.contains(name)) {
        boolean ofPath =
            shape.components().stream()
                .anyMatch(c -> c.source() == Source.PATH_ID && c.name().equals(name));
        path.add(name.length() > 100 ? name.substring(0, 100) + "…" : name);
        error(
            ofPath
                ? "is taken from the path and is no field of the body"
                : known.isEmpty()
                    ? "is unknown; no field is known here"
                    : "is unknown; known are " + String.join(", ", known));
        path.removeLast();
      }
    }
  }

  private @Nullable Object construct(Shape.RecordOf shape, Object[] arguments) {
    try {
      return shape.constructor().newInstance(arguments);
    } catch (InvocationTargetException e) {
      // Both are how a value object refuses a value; anything else is a defect of its constructor.
      if (e.getCause() instanceof IllegalArgumentException
          || e.getCause() instanceof DateTimeException) {
        String message = e.getCause().getMessage();
        return error(message == null ? "is not valid" : message);
      }
      throw new IllegalStateException(
          "the constructor of " + shape.type() + " failed", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot construct " + shape.type(), e);
    }
  }

  private @Nullable Object list(Shape.ListOf shape, JsonNode node) {
    if (!node.isArray()) {
      return error("must be an array");
    }
    int before = failures;
    List<Object> elements = new ArrayList<>(node.size());
    for (int i = 0; i < node.size() && errors.size() < MAX_ERRORS; i++) {
      path.add(i);
      Object bound =
          node.get(i).isNull() ? error("must not be null") : bind(shape.element(), node.get(i));
      path.removeLast();
      if (bound != null) {
        elements.add(bound);
      }
    }
    return failures > before ? null : List.copyOf(elements);
  }

  private @Nullable Object choice(Shape.Choice shape, JsonNode node) {
    int index = node.isTextual() ? shape.names().indexOf(node.textValue()) : -1;
    return index < 0
        ? error("must be one of " + String.join(", ", shape.names()))
        : shape.values().get(index);
  }

  private @Nullable Object scalar(Shape.Scalar scalar, JsonNode node) {
    return switch (scalar) {
      case TEXT -> text(node);
      case BOOLEAN -> node.isBoolean() ? node.booleanValue() : error("must be true or false");
      case INTEGER ->
          !node.isIntegralNumber()
              ? error("must be a whole number")
              : node.canConvertToInt()
                  ? node.intValue()
                  : error("must be between -2147483648 and 2147483647");
      case LONG ->
          !node.isIntegralNumber()
              ? error("must be a whole number")
              : node.canConvertToLong() ? node.longValue() : error("must fit into 64 bits");
      case NUMBER -> number(node);
      case DECIMAL ->
          node.isTextual() && DECIMAL.matcher(node.textValue()).matches()
              ? new BigDecimal(node.textValue())
              : error("must be a decimal number in a string, such as \"12.30\"");
      case INSTANT -> instant(node);
      case DATE -> date(node);
    };
  }

  private @Nullable Object number(JsonNode node) {
    if (!node.isNumber()) {
      return error("must be a number");
    }
    double value = node.doubleValue();
    return Double.isFinite(value) ? value : error("is out of range");
  }

  private @Nullable Object text(JsonNode node) {
    if (!node.isTextual()) {
      return error("must be a string");
    }
    String text = node.textValue();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        return error("must not contain the character U+0000");
      }
      if (Character.isSurrogate(c)) {
        if (Character.isHighSurrogate(c)
            && i + 1 < text.length()
            && Character.isLowSurrogate(text.charAt(i + 1))) {
          i++;
        } else {
          return error("must not contain half a character (an unpaired surrogate)");
        }
      }
    }
    return text;
  }

  private @Nullable Object instant(JsonNode node) {
    if (node.isTextual()) {
      try {
        return Instant.parse(node.textValue());
      } catch (DateTimeException e) {
        // answered below
      }
    }
    return error("must be a time in ISO 8601, such as \"2018-01-31T12:00:00Z\"");
  }

  private @Nullable Object date(JsonNode node) {
    if (node.isTextual()) {
      try {
        return LocalDate.parse(node.textValue());
      } catch (DateTimeException e) {
        // answered below
      }
    }
    return error("must be a date in ISO 8601, such as \"2018-01-31\"");
  }

  private @Nullable Object opaque(Shape.Opaque shape, JsonNode node) {
    try {
      return mapper.readerFor(shape.type()).readValue(node);
    } catch (JsonProcessingException e) {
      return error("is not valid: " + e.getOriginalMessage());
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private @Nullable Object error(String message) {
    failures++;
    if (errors.size() < MAX_ERRORS) {
      errors.add(new FieldError(field(), message));
    }
    return null;
  }

  /** {@code lines[0].quantity} */
  private String field() {
    var field = new StringBuilder();
    for (Object step : path) {
      if (step instanceof Integer index) {
        field.append('[').append(index).append(']');
      } else {
        field.append(field.isEmpty() ? "" : ".").append(step);
      }
    }
    return field.toString();
  }
}
