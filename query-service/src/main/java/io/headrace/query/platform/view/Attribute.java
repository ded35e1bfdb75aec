package io.headrace.query.platform.view;

import java.util.List;
import java.util.function.Function;

/**
 * An attribute of a row that can be asked for.
 *
 * @param name of the entity's attribute, and of the query parameter
 * @param type what values of it look like in a request
 * @param of reads it from a row, as a value of that type; a function, so that nothing is looked up
 *     by reflection
 */
public record Attribute<E>(String name, ValueType type, Function<E, Object> of) {

  /** An attribute of text. */
  public static <E> Attribute<E> text(String name, Function<E, Object> of) {
    return new Attribute<>(name, ValueType.TEXT, of);
  }

  /** An attribute that is a point in time. */
  public static <E> Attribute<E> instant(String name, Function<E, Object> of) {
    return new Attribute<>(name, ValueType.INSTANT, of);
  }

  /**
   * An HQL condition: its value is one of an array. The statement is then the same for however
   * many, where a list has one for each number of values.
   *
   * @param parameter of the query, such as {@code :keys}; an array of the attribute's type
   */
  public String isAnyOf(String parameter) {
    // Of a parameter that is a function's last argument Hibernate takes it that it may be many, and
    // would translate the query anew each time.
    return "cast(sql('? = any (?) and ?', " + name + ", " + parameter + ", true) as Boolean)";
  }

  /** The comparisons that a filter by it offers. */
  public List<Operator> operators() {
    return type.ordered() ? Operator.OF_ORDERED : Operator.OF_ANY;
  }
}
