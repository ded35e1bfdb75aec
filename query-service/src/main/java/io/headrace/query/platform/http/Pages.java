package io.headrace.query.platform.http;

import io.headrace.query.platform.read.RequestedConsistency;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.core.UriInfo;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;

/**
 * Keyset pages: a page begins at a value, not at a count. A row that exists throughout is therefore
 * seen exactly once by whoever follows the links, whatever is inserted or removed meanwhile, and a
 * deep page costs what the first one costs.
 *
 * <p>It holds because (sort value, key) orders all rows without ties, and a page is exactly the
 * first {@code limit} rows beyond a place in that order. It needs a sort value that does not
 * change.
 */
final class Pages {

  private Pages() {}

  /**
   * @param rows in the order of the list
   * @param previous the place before the first row, if there may be a page before it
   * @param next the place after the last row, if there is a page after it
   */
  record Page<E>(List<E> rows, boolean previous, boolean next) {}

  /** Within a session. */
  static <E> Uni<Page<E>> read(PageRequest<E> request) {
    // A page backwards is the first page of the list turned around.
    var descending = request.sort().descending() != request.backwards();
    var sort = request.sort().by().name();
    var key = request.view().key().name();
    var order = descending ? " desc" : "";

    var hql = new StringBuilder(request.view().visible());
    var parameters = new HashMap<String, Object>();
    // Only names that a view declares get into the text; what the client says is bound.
    request
        .filters()
        .forEach(
            (name, value) -> {
              hql.append(" and ").append(name).append(" = :").append(name);
              parameters.put(name, value);
            });
    request
        .place()
        .ifPresent(
            place -> {
              hql.append(" and (").append(sort).append(", ").append(key).append(')');
              hql.append(descending ? " < " : " > ").append("(:placeSort, :placeKey)");
              parameters.put("placeSort", place.sortValue());
              parameters.put("placeKey", place.key());
            });
    hql.append(" order by ").append(sort).append(order);
    hql.append(", ").append(key).append(order);

    // One more than asked for tells whether there is a further page, without counting.
    return request
        .view()
        .find(hql.toString(), parameters)
        .range(0, request.limit())
        .<E>list()
        .map(found -> page(request, found));
  }

  private static <E> Page<E> page(PageRequest<E> request, List<E> found) {
    var more = found.size() > request.limit();
    var rows = new ArrayList<>(more ? found.subList(0, request.limit()) : found);
    if (request.backwards()) {
      java.util.Collections.reverse(rows);
      return new Page<>(rows, more, true);
    }
    return new Page<>(rows, request.place().isPresent(), more);
  }

  /** RFC 8288; relative to the server, so that it holds behind any proxy that keeps the path. */
  static <E> List<String> links(PageRequest<E> request, Page<E> page, UriInfo uri) {
    var links = new ArrayList<String>();
    if (!page.rows().isEmpty()) {
      if (page.next()) {
        links.add(link(uri, PageRequest.AFTER, request.cursorAt(page.rows().getLast()), "next"));
      }
      if (page.previous()) {
        links.add(link(uri, PageRequest.BEFORE, request.cursorAt(page.rows().getFirst()), "prev"));
      }
    }
    return links;
  }

  private static String link(UriInfo uri, String parameter, String cursor, String relation) {
    var link = new StringBuilder("<").append(uri.getRequestUri().getRawPath()).append('?');
    uri.getQueryParameters()
        .forEach(
            (name, values) -> {
              // What was waited for once is there.
              if (!name.equals(PageRequest.AFTER)
                  && !name.equals(PageRequest.BEFORE)
                  && !name.equals(RequestedConsistency.PARAMETER)) {
                link.append(encoded(name)).append('=').append(encoded(values.getFirst()));
                link.append('&');
              }
            });
    return link.append(parameter)
        .append('=')
        .append(cursor)
        .append(">; rel=\"")
        .append(relation)
        .append('"')
        .toString();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
