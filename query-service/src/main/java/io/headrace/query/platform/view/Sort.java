package io.headrace.query.platform.view;

/**
 * An order of rows; equal rows are ordered by key in the same direction, so that one index of
 * (attribute, key) serves it, forwards and backwards.
 */
public record Sort<E>(Attribute<E> by, boolean descending) {

  public static <E> Sort<E> ascending(Attribute<E> by) {
    return new Sort<>(by, false);
  }

  public static <E> Sort<E> descending(Attribute<E> by) {
    return new Sort<>(by, true);
  }

  /** As a client writes it: the attribute, after a minus if descending. */
  public String parameter() {
    return descending ? "-" + by.name() : by.name();
  }
}
