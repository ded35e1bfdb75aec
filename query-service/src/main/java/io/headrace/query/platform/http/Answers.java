package io.headrace.query.platform.http;

import io.headrace.query.platform.read.RowReads;
import io.headrace.query.platform.read.ViewPosition;
import io.headrace.query.platform.read.ViewReads;
import io.headrace.query.platform.view.View;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jboss.resteasy.reactive.RestResponse;

/**
 * Reads a view and answers with what was found and how fresh it is. {@link EntityTags} adds the
 * entity tag.
 */
@ApplicationScoped
public class Answers {

  // A cache may keep an answer but must ask whether it still holds; a shared one must not keep it.
  private static final String CACHE_CONTROL = "private, no-cache";

  // What a cache has to compare before it takes an answer for that of another request.
  private static final String VARY = "Accept, Accept-Encoding";

  private final ViewReads reads;

  Answers(ViewReads reads) {
    this.reads = reads;
  }

  /** What is answered, and the {@code Link} headers beside it. */
  record Body(Object value, List<String> links) {}

  /** One row by its key, or what there is under that key. */
  public <K, T> Uni<RestResponse<T>> one(RowReads<K, T> rows, K key, Supplier<Problem> absent) {
    return one(rows, key, Function.identity(), absent, MediaType.APPLICATION_JSON_TYPE);
  }

  /**
   * @param represent what is answered
   * @param absent the problem if there is no such row
   */
  <K, E, T> Uni<RestResponse<T>> one(
      RowReads<K, E> rows,
      K key,
      Function<E, T> represent,
      Supplier<Problem> absent,
      MediaType type) {
    return rows.read(key)
        .map(
            found -> {
              if (found.value() == null) {
                throw new ProblemException(absent.get(), found.position());
              }
              return respond(represent.apply(found.value()), found.position(), List.of(), type);
            });
  }

  /**
   * @param query run within a session; never a null item
   */
  public <T> Uni<RestResponse<T>> all(View view, Supplier<Uni<T>> query) {
    return reads
        .read(view, query)
        .map(
            found ->
                respond(
                    found.value(), found.position(), List.of(), MediaType.APPLICATION_JSON_TYPE));
  }

  <P> Uni<RestResponse<Object>> all(
      View view, Supplier<Uni<P>> query, Function<P, Body> represent, MediaType type) {
    return reads
        .read(view, query)
        .map(
            found -> {
              var body = represent.apply(found.value());
              return respond(body.value(), found.position(), body.links(), type);
            });
  }

  private static <T> RestResponse<T> respond(
      T body, Optional<ViewPosition> position, List<String> links, MediaType type) {
    var answer = RestResponse.ResponseBuilder.ok(body, type);
    answer.header(HttpHeaders.CACHE_CONTROL, CACHE_CONTROL);
    answer.header(HttpHeaders.VARY, VARY);
    position.ifPresent(it -> answer.header(ViewPosition.HEADER, it.header()));
    links.forEach(it -> answer.header(HttpHeaders.LINK, it));
    return answer.build();
  }
}
