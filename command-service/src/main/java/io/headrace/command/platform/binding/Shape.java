package io.headrace.command.platform.binding;

import com.fasterxml.jackson.databind.JavaType;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.util.List;

/** What JSON a Java type takes. */
public sealed interface Shape {

  /** A type without parts. */
  enum Scalar implements Shape {
    TEXT,
    BOOLEAN,
    INTEGER,
    LONG,
    NUMBER,
    /** {@code BigDecimal}: a string, so that no reader makes a binary fraction of it. */
    DECIMAL,
    INSTANT,
    DATE
  }

  /**
   * @param names as they are in JSON, in the order of {@code values}
   */
  record Choice(Class<?> type, List<String> names, List<Object> values) implements Shape {}

  /** A JSON array; its elements are never null. */
  record ListOf(Shape element) implements Shape {}

  /** A JSON object whose members are the components of a record. */
  record RecordOf(Class<?> type, Constructor<?> constructor, List<Component> components)
      implements Shape {}

  /** A type that Jackson knows better: it has annotations of its own. */
  record Opaque(JavaType type) implements Shape {}

  /** Where a component's value comes from. */
  enum Source {
    BODY,
    /** The id in the path; no member of the body. */
    PATH_ID,
    /** The body, or else the time of receipt. */
    BODY_OR_NOW
  }

  /**
   * @param nullable whether it may be absent or null
   * @param annotations for the constraints
   */
  record Component(
      String name, Shape shape, boolean nullable, Source source, AnnotatedElement annotations) {

    public boolean required() {
      return source == Source.BODY && !nullable;
    }
  }
}
