package io.headrace.query.platform.view;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A condition on one attribute. Only the name that a view declares gets into a query's text; the
 * values are bound.
 *
 * @param values one, or with {@link Operator#IN} several; read by the attribute's type
 */
public record Criterion<E>(Attribute<E> attribute, Operator operator, List<Object> values) {

  public Criterion {
    values = List.copyOf(values);
    if (values.isEmpty() || (values.size() > 1 && operator != Operator.IN)) {
      throw new IllegalArgumentException(operator + " of " + values.size() + " values");
    }
  }

  /**
   * As HQL.
   *
   * @param parameters takes the values, under a name that is unique among the criteria of a query
   */
  public String hql(Map<String, Object> parameters) {
    var parameter = attribute.name() + '_' + operator.word();
    var several = operator == Operator.IN;
    parameters.put(parameter, several ? values : values.getFirst());
    return attribute.name()
        + ' '
        + operator.hql()
        + (several ? " (:" + parameter + ')' : " :" + parameter);
  }

  /** The same, of a row in memory: an absent value fulfils nothing, as in SQL. */
  public boolean test(E row) {
    var value = attribute.of().apply(row);
    if (value == null) {
      return false;
    }
    return switch (operator) {
      case EQ -> compare(value) == 0;
      case NE -> compare(value) != 0;
      case IN -> values.stream().anyMatch(it -> compare(value, it) == 0);
      case GT -> compare(value) > 0;
      case GTE -> compare(value) >= 0;
      case LT -> compare(value) < 0;
      case LTE -> compare(value) <= 0;
    };
  }

  private int compare(Object value) {
    return compare(value, values.getFirst());
  }

  @SuppressWarnings("unchecked") // An attribute's type reads what its rows hold.
  private static int compare(Object value, Object bound) {
    return ((Comparable<Object>) value).compareTo(bound);
  }

  /**
   * The same text for the same condition, and no other: with its length, no value can be taken for
   * more than it is. So is a list of criteria.
   */
  @Override
  public String toString() {
    return values.stream()
        .map(Object::toString)
        .map(it -> it.length() + ":" + it)
        .collect(Collectors.joining(",", operator.parameter(attribute.name()) + '=', ""));
  }
}
