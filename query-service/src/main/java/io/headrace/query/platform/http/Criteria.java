package io.headrace.query.platform.http;

import io.headrace.query.platform.view.Attribute;
import io.headrace.query.platform.view.Criterion;
import io.headrace.query.platform.view.ExportableView;
import io.headrace.query.platform.view.Operator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** The filters of a request. */
final class Criteria {

  /** A list of values is bound as so many parameters, and the database plans for each number. */
  static final int MAX_VALUES = 100;

  private Criteria() {}

  /** The parameters by which a list of the view can be restricted. */
  static List<String> parameters(ExportableView<?, ?, ?> view, Set<String> fixed) {
    var parameters = new ArrayList<String>();
    for (var filter : view.filters()) {
      if (!fixed.contains(filter.name())) {
        filter.operators().forEach(it -> parameters.add(it.parameter(filter.name())));
      }
    }
    return parameters;
  }

  /**
   * @param fixed attributes that the query may not restrict
   * @throws ProblemException 400
   */
  static <E> List<Criterion<E>> of(
      ExportableView<E, ?, ?> view, Set<String> fixed, QueryParameters query) {
    var criteria = new ArrayList<Criterion<E>>();
    for (var filter : view.filters()) {
      if (fixed.contains(filter.name())) {
        continue;
      }
      for (var operator : filter.operators()) {
        var parameter = operator.parameter(filter.name());
        query
            .text(parameter)
            .ifPresent(text -> criteria.add(criterion(parameter, filter, operator, text)));
      }
    }
    return List.copyOf(criteria);
  }

  private static <E> Criterion<E> criterion(
      String parameter, Attribute<E> filter, Operator operator, String text) {
    return switch (operator) {
      case IN -> oneOf(parameter, filter, Arrays.asList(text.split(",", -1)));
      case EQ, NE, GT, GTE, LT, LTE ->
          new Criterion<>(
              filter, operator, List.of(QueryParameters.parse(parameter, filter.type(), text)));
    };
  }

  /**
   * @param parameter what a problem names
   * @throws ProblemException 400
   */
  static <E> Criterion<E> oneOf(String parameter, Attribute<E> filter, List<String> texts) {
    if (texts.isEmpty() || texts.size() > MAX_VALUES) {
      throw new ProblemException(
          Problem.invalidParameter(parameter, "1 to " + MAX_VALUES + " values"));
    }
    return new Criterion<>(
        filter,
        Operator.IN,
        texts.stream().map(it -> QueryParameters.parse(parameter, filter.type(), it)).toList());
  }
}
