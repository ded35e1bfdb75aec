package io.headrace.query.platform.view;

/**
 * One read relation that a projection worker fills. A context provides each as a CDI bean
 * ({@code @ApplicationScoped}); readiness then checks that the relation is there.
 *
 * <p>A view that is to get its endpoints by itself is a {@link ResourceView}; any other view is
 * read by a query of the context's own, through {@link io.headrace.query.platform.read.ViewReads}.
 */
public interface View {

  /** The name of the relation: lower case, {@code snake_case}. */
  String name();

  /**
   * The name under which the worker keeps the progress of this view; another than {@link #name()}
   * for totals, which advance in the transaction of the view that they are totals of.
   */
  default String progress() {
    return name();
  }
}
