package io.headrace.command.platform.dispatch;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.events.platform.EventJson;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;

/**
 * A fingerprint of all that the JSON of a state depends on: the names and types of the components
 * of its records, down to the last, with the names that they have in JSON, and its subtypes as
 * {@link JsonSubTypes} lists them. A snapshot with another fingerprint is not read. It may change
 * for no reason (a class is renamed); then snapshots are made again, and nothing else happens.
 *
 * <p>Jackson is asked for the names, as it is when a state is written: it knows best what an
 * annotation on a component, its accessor or the constructor's parameter comes to, and looks at
 * nothing here that it would not look at then, which matters in a native image.
 */
final class StateShape {

  private static final ObjectMapper MAPPER = EventJson.mapper();

  private final StringBuilder description = new StringBuilder();
  private final Set<Class<?>> described = new HashSet<>();

  private StateShape() {}

  /**
   * @param revision of the way in which events are folded, which no type shows
   */
  static String of(Class<?> stateType, int revision) {
    var shape = new StateShape();
    shape.description.append(revision).append(' ');
    shape.describe(stateType);
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(shape.description.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private void describe(Type type) {
    if (type instanceof ParameterizedType p) {
      describe(p.getRawType());
      description.append('<');
      for (Type argument : p.getActualTypeArguments()) {
        describe(argument);
        description.append(',');
      }
      description.append('>');
    } else if (type instanceof Class<?> c) {
      describe(c);
    } else {
      description.append(type.getTypeName());
    }
  }

  private void describe(Class<?> type) {
    description.append(type.getName());
    if (!described.add(type)) {
      return;
    }
    JsonTypeInfo info = type.getAnnotation(JsonTypeInfo.class);
    if (info != null) {
      description.append('@').append(info.use()).append(info.include()).append(info.property());
    }
    JsonSubTypes subtypes = type.getAnnotation(JsonSubTypes.class);
    if (subtypes != null) {
      description.append('{');
      for (JsonSubTypes.Type subtype : subtypes.value()) {
        description.append(subtype.name()).append('=');
        describe(subtype.value());
        description.append(',');
      }
      description.append('}');
    }
    if (type.isRecord()) {
      description.append('(');
      for (RecordComponent component : type.getRecordComponents()) {
        description.append(component.getName()).append(':');
        describe(component.getGenericType());
        description.append(',');
      }
      description.append(')');
      namesInJson(type);
    } else if (type.isEnum()) {
      for (Object constant : type.getEnumConstants()) {
        description
            .append('|')
            .append(((Enum<?>) constant).name())
            .append('=')
            .append(json(constant));
      }
    }
  }

  /** Sorted: a JVM may list what a class declares in another order each time. */
  private void namesInJson(Class<?> record) {
    MAPPER
        .getSerializationConfig()
        .introspect(MAPPER.constructType(record))
        .findProperties()
        .stream()
        .map(property -> property.getInternalName() + "=" + property.getName() + ",")
        .sorted()
        .forEach(description::append);
  }

  private static String json(Object constant) {
    try {
      return MAPPER.writeValueAsString(constant);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("no JSON of " + constant.getClass().getName(), e);
    }
  }
}
