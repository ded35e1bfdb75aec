package io.headrace.command.platform.binding;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.databind.type.TypeFactory;
import io.headrace.command.platform.binding.Shape.Component;
import io.headrace.command.platform.binding.Shape.Source;
import io.headrace.command.platform.spi.AggregateId;
import io.headrace.command.platform.spi.DefaultNow;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the shapes of types, once each, at start. */
public final class Shapes {

  private static final Map<Class<?>, Shape> SCALARS =
      Map.ofEntries(
          Map.entry(String.class, Shape.Scalar.TEXT),
          Map.entry(boolean.class, Shape.Scalar.BOOLEAN),
          Map.entry(Boolean.class, Shape.Scalar.BOOLEAN),
          Map.entry(int.class, Shape.Scalar.INTEGER),
          Map.entry(Integer.class, Shape.Scalar.INTEGER),
          Map.entry(long.class, Shape.Scalar.LONG),
          Map.entry(Long.class, Shape.Scalar.LONG),
          Map.entry(double.class, Shape.Scalar.NUMBER),
          Map.entry(Double.class, Shape.Scalar.NUMBER),
          Map.entry(BigDecimal.class, Shape.Scalar.DECIMAL),
          Map.entry(Instant.class, Shape.Scalar.INSTANT),
          Map.entry(LocalDate.class, Shape.Scalar.DATE));

  private final Map<Class<?>, Shape.RecordOf> records = new HashMap<>();

  /**
   * @throws IllegalArgumentException if the record has no accessible canonical constructor, or
   *     contains itself
   */
  public Shape.RecordOf of(Class<?> type) {
    Shape.RecordOf known = records.get(type);
    if (known != null) {
      return known;
    }
    if (!type.isRecord()) {
      throw new IllegalArgumentException(type.getName() + " is no record");
    }
    List<Component> components = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      components.add(component(component));
    }
    Shape.RecordOf shape =
        new Shape.RecordOf(type, canonicalConstructor(type), List.copyOf(components));
    records.put(type, shape);
    return shape;
  }

  private static Constructor<?> canonicalConstructor(Class<?> type) {
    Class<?>[] parameters =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(parameters);
      constructor.setAccessible(true);
      return constructor;
    } catch (NoSuchMethodException e) {
      throw new IllegalArgumentException(
          type.getName() + " must be annotated @RegisterForReflection", e);
    }
  }

  private Component component(RecordComponent component) {
    AnnotatedElement annotations = fieldOf(component);
    JsonProperty renamed = annotations.getAnnotation(JsonProperty.class);
    String name =
        renamed == null || renamed.value().isEmpty() ? component.getName() : renamed.value();
    Source source =
        component.isAnnotationPresent(AggregateId.class)
            ? Source.PATH_ID
            : component.isAnnotationPresent(DefaultNow.class) ? Source.BODY_OR_NOW : Source.BODY;
    boolean nullable = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
    return new Component(name, of(component.getGenericType()), nullable, source, annotations);
  }

  /** Constraints and schemas reach the field whether or not their target names components. */
  private static Field fieldOf(RecordComponent component) {
    try {
      return component.getDeclaringRecord().getDeclaredField(component.getName());
    } catch (NoSuchFieldException e) {
      throw new IllegalArgumentException(
          component.getDeclaringRecord().getName() + " must be annotated @RegisterForReflection",
          e);
    }
  }

  /** The shape of any type. */
  public Shape of(Type type) {
    if (type instanceof Class<?> c) {
      Shape scalar = SCALARS.get(c);
      if (scalar != null) {
        return scalar;
      }
      if (c.isEnum()) {
        return choice(c);
      }
      if (c.isRecord() && !hasOwnJson(c)) {
        return of(c);
      }
    }
    if (type instanceof ParameterizedType p && p.getRawType() == List.class) {
      return new Shape.ListOf(of(p.getActualTypeArguments()[0]));
    }
    return new Shape.Opaque(TypeFactory.defaultInstance().constructType(type));
  }

  private static boolean hasOwnJson(Class<?> type) {
    return Arrays.stream(type.getDeclaredConstructors())
            .anyMatch(c -> c.isAnnotationPresent(JsonCreator.class))
        || Arrays.stream(type.getDeclaredMethods())
            .anyMatch(
                m ->
                    m.isAnnotationPresent(JsonCreator.class)
                        || m.isAnnotationPresent(JsonValue.class));
  }

  private static Shape choice(Class<?> type) {
    List<String> names = new ArrayList<>();
    List<Object> values = new ArrayList<>();
    for (Object constant : type.getEnumConstants()) {
      String name = ((Enum<?>) constant).name();
      try {
        JsonProperty renamed = type.getField(name).getAnnotation(JsonProperty.class);
        names.add(renamed == null ? name : renamed.value());
      } catch (NoSuchFieldException e) {
        throw new IllegalArgumentException(
            type.getName() + " must be annotated @RegisterForReflection", e);
      }
      values.add(constant);
    }
    return new Shape.Choice(type, List.copyOf(names), List.copyOf(values));
  }
}
