package io.headrace.query.platform.http;

import io.headrace.query.platform.live.LiveEvent;
import io.headrace.query.platform.live.LiveFeeds;
import io.headrace.query.platform.live.LiveQuery;
import io.headrace.query.platform.live.LiveQueryEndedException;
import io.headrace.query.platform.read.InvalidTokenException;
import io.headrace.query.platform.read.ViewBehindException;
import io.headrace.query.platform.read.ViewReads;
import io.headrace.query.platform.view.ResourceView;
import io.headrace.query.platform.view.View;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.BackPressureFailure;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the endpoints of views read, for another protocol: the same parameters, the same refusals,
 * the same limits.
 */
@ApplicationScoped
public class ViewQueries {

  /** What is told of rows: rows, and never as bytes. */
  private static final String VARIANT = "rows";

  private final ViewReads reads;
  private final LiveFeeds feeds;
  private final PageConfig config;
  private final ProblemResponses problems;

  ViewQueries(ViewReads reads, LiveFeeds feeds, PageConfig config, ProblemResponses problems) {
    this.feeds = feeds;
    this.reads = reads;
    this.config = config;
    this.problems = problems;
  }

  /** What to tell a client of a failure. */
  public Problem problem(Throwable failure) {
    return switch (failure) {
      case ProblemException refused -> refused.problem();
      case InvalidTokenException refused ->
          Problem.invalidParameter(refused.field(), refused.getMessage());
      case ViewBehindException behind -> ViewBehind.of(behind).problem();
      case LiveQueryEndedException ended when ended.stopping() -> Problem.stopping();
      case BackPressureFailure _ -> Problem.tooSlow();
      default -> (Problem) problems.failed(failure).getEntity();
    };
  }

  /**
   * Rows of a list.
   *
   * @param next the cursor of the next page, absent on the last one
   * @param previous the cursor of the page before, absent on the first one
   * @param total of the whole list, where it was asked for
   */
  public record Rows<T>(
      List<T> rows, @Nullable String next, @Nullable String previous, OptionalLong total) {}

  /**
   * @param parameters as in the query of a URL, each once
   * @param then what is to be made of the rows, in the same session
   * @throws ProblemException if a parameter is unknown or no such value
   */
  public <E, T> Uni<ViewReads.Fresh<Rows<T>>> page(
      ResourceView<E, ?, ?> view,
      Map<String, String> parameters,
      Function<List<E>, Uni<List<T>>> then) {
    var request = PageRequest.of(view, Map.of(), QueryParameters.of(parameters), config);
    return reads.read(
        view,
        () ->
            Pages.read(request)
                .chain(page -> then.apply(page.rows()).map(rows -> rows(request, page, rows))));
  }

  /**
   * How many rows a page has with these parameters, at most.
   *
   * @throws ProblemException if the limit is none; other parameters are not looked at
   */
  public int limit(Map<String, String> parameters) {
    return PageRequest.limit(QueryParameters.of(parameters), config);
  }

  /**
   * @param then what is to be made of the row, in the same session
   * @return a null value if there is none
   * @throws ProblemException if it cannot be a key
   */
  public <E, T> Uni<ViewReads.Fresh<@Nullable T>> row(
      ResourceView<E, ?, ?> view, String key, Function<E, Uni<T>> then) {
    var value = QueryParameters.parse(view.key().name(), view.key().type(), key);
    return reads.readRow(
        view,
        key,
        () ->
            Pages.byKey(view, value)
                .chain(row -> row == null ? Uni.createFrom().nullItem() : then.apply(row)));
  }

  /** Reads more of a view for rows that are known already, under the same limits. */
  public <T> Uni<T> within(View view, Supplier<Uni<T>> work) {
    return reads.read(view, work).map(ViewReads.Fresh::value);
  }

  /**
   * The rows of a list now, and then every change of them.
   *
   * @throws ProblemException if a parameter is unknown or no such value
   */
  public <E> Multi<LiveEvent<E>> changes(
      ResourceView<E, ?, ?> view, Map<String, String> parameters) {
    var request = PageRequest.of(view, Map.of(), QueryParameters.of(parameters), config);
    return feeds.events(LiveQueries.list(request, VARIANT, row -> row));
  }

  /**
   * The same of one row, whether or not it exists yet.
   *
   * @throws ProblemException if it cannot be a key
   */
  public <E> Multi<LiveEvent<E>> changesOfRow(ResourceView<E, ?, ?> view, String key) {
    var value = QueryParameters.parse(view.key().name(), view.key().type(), key);
    return feeds.events(LiveQuery.row(view, value, VARIANT, row -> row));
  }

  private static <E, T> Rows<T> rows(PageRequest<E> request, Pages.Page<E> page, List<T> rows) {
    var none = page.rows().isEmpty();
    return new Rows<>(
        rows,
        none || !page.next() ? null : request.cursorAt(page.rows().getLast()),
        none || !page.previous() ? null : request.cursorAt(page.rows().getFirst()),
        page.total());
  }
}
