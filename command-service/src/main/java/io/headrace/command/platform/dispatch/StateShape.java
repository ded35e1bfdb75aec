package io.headrace.command.platform.dispatch;

import com.fasterxml.jackson.annotation.JsonSubTypes;
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
 * of its records, down to the last, and its subtypes as {@link JsonSubTypes} lists them. A snapshot
 * with another fingerprint is not read. It may change for no reason (a class is renamed); then
 * snapshots are made again, and nothing else happens.
 */
final class StateShape {

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
    } else if (type.isEnum()) {
      for (Object constant : type.getEnumConstants()) {
        description.append('|').append(((Enum<?>) constant).name());
      }
    }
  }
}
