package io.headrace.query.platform.view;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An order of rows, by one attribute or several; equal rows are ordered by key, in the direction of
 * the last attribute. Where all directions are the same, one index of (attributes, key) serves it,
 * forwards and backwards: declare no order that no index serves.
 */
public record Sort<E>(List<Term<E>> terms) {

  /** One attribute of the order. */
  public record Term<E>(Attribute<E> by, boolean descending) {
    String parameter() {
      return descending ? "-" + by.name() : by.name();
    }
  }

  public Sort {
    terms = List.copyOf(terms);
    if (terms.isEmpty()) {
      throw new IllegalArgumentException("an order by nothing");
    }
  }

  public static <E> Sort<E> ascending(Attribute<E> by) {
    return new Sort<>(List.of(new Term<>(by, false)));
  }

  public static <E> Sort<E> descending(Attribute<E> by) {
    return new Sort<>(List.of(new Term<>(by, true)));
  }

  /** Rows that are equal in this order are ordered by that one. */
  public Sort<E> then(Sort<E> next) {
    return new Sort<>(Stream.concat(terms.stream(), next.terms.stream()).toList());
  }

  /** With the key as the last term: no two rows are equal. */
  public List<Term<E>> total(Attribute<E> key) {
    return Stream.concat(terms.stream(), Stream.of(new Term<>(key, terms.getLast().descending())))
        .toList();
  }

  /** As a client writes it: the attributes, each after a minus if descending. */
  public String parameter() {
    return terms.stream().map(Term::parameter).collect(Collectors.joining(","));
  }
}
