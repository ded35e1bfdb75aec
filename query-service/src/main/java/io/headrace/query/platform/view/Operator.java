package io.headrace.query.platform.view;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How a filter compares. A client writes it in brackets behind the attribute, {@code
 * placedAt[gte]=…}; the attribute alone means {@link #EQ}.
 */
public enum Operator {
  EQ("="),
  NE("<>"),
  IN("in"),
  GT(">"),
  GTE(">="),
  LT("<"),
  LTE("<=");

  static final List<Operator> OF_ANY = List.of(EQ, NE, IN);
  static final List<Operator> OF_ORDERED = List.of(EQ, NE, IN, GT, GTE, LT, LTE);

  private final String hql;

  Operator(String hql) {
    this.hql = hql;
  }

  String hql() {
    return hql;
  }

  /** As a client writes it. */
  public String word() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }

  /** The parameter of a request that compares this attribute so. */
  public String parameter(String attribute) {
    return this == EQ ? attribute : attribute + '[' + word() + ']';
  }

  public static Optional<Operator> of(String word) {
    return Arrays.stream(values()).filter(it -> it.word().equals(word)).findFirst();
  }
}
