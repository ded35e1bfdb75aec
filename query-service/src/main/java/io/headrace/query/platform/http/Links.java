package io.headrace.query.platform.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.headrace.query.platform.read.RequestedConsistency;
import io.headrace.query.platform.view.Link;
import io.headrace.query.platform.view.ResourceView;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.UriInfo;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The links of rows and pages. Those to the query side are relative to the server, so that they
 * hold behind any proxy that keeps the path.
 */
@ApplicationScoped
class Links {

  static final String RELATION_NEXT = "next";
  static final String RELATION_PREVIOUS = "prev";

  /** A link object of HAL (draft-kelly-json-hal), and by which method it is to be followed. */
  @RegisterForReflection
  @JsonInclude(JsonInclude.Include.NON_NULL)
  @Schema(
      name = "Link",
      description = "Where to go from here (a link object of HAL).",
      requiredProperties = "href")
  record Target(
      String href,
      @Nullable String title,
      @Schema(description = "Absent for GET.", examples = "POST") @Nullable String method,
      @Schema(description = "True if href is a URI template (RFC 6570).")
          @Nullable Boolean templated) {

    static Target to(String href) {
      return new Target(href, null, null, null);
    }
  }

  private final String commands;
  private final Map<String, String> byContext;

  Links(LinkConfig config) {
    commands = withoutSlash(config.commands());
    byContext =
        config.contexts().entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Map.Entry::getKey, entry -> withoutSlash(entry.getValue())));
  }

  private static String withoutSlash(String url) {
    return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
  }

  /** Relation → target, or a list of targets where there are several. */
  <E, R> Map<String, Object> ofRow(ResourceView<E, ?, R> view, E row, R representation) {
    var links = new LinkedHashMap<String, Object>();
    var key = view.key().of().apply(row).toString();
    links.put("self", Target.to(path(List.of(view.name(), key))));
    links.put("collection", Target.to(path(List.of(view.name()))));
    for (var link : view.links(row, representation)) {
      links.merge(link.relation(), target(link), Links::both);
    }
    return links;
  }

  /** The page itself, the first one, and those beside it. */
  static <E> Map<String, Object> ofPage(PageRequest<E> request, Pages.Page<E> page, UriInfo uri) {
    var links = new LinkedHashMap<String, Object>();
    links.put("self", Target.to(page(uri, null, null, true)));
    links.put("first", Target.to(page(uri, null, null, false)));
    if (!page.rows().isEmpty()) {
      if (page.next()) {
        var cursor = request.cursorAt(page.rows().getLast());
        links.put(RELATION_NEXT, Target.to(page(uri, PageRequest.AFTER, cursor, false)));
      }
      if (page.previous()) {
        var cursor = request.cursorAt(page.rows().getFirst());
        links.put(RELATION_PREVIOUS, Target.to(page(uri, PageRequest.BEFORE, cursor, false)));
      }
    }
    return links;
  }

  /** The links to the pages beside it as {@code Link} headers (RFC 8288). */
  static List<String> headers(Map<String, Object> ofPage) {
    var headers = new ArrayList<String>();
    for (var relation : List.of(RELATION_NEXT, RELATION_PREVIOUS)) {
      if (ofPage.get(relation) instanceof Target target) {
        headers.add("<%s>; rel=\"%s\"".formatted(target.href(), relation));
      }
    }
    return headers;
  }

  private Target target(Link link) {
    return switch (link) {
      case Link.Related related -> new Target(path(related.path()), related.title(), null, null);
      case Link.Command command ->
          new Target(
              byContext.getOrDefault(command.context(), commands)
                  + path(List.of(command.context(), command.collection()))
                  + (command.template() ? "/{" + command.id() + "}" : path(List.of(command.id())))
                  + path(List.of(command.relation())),
              command.title(),
              "POST",
              command.template() ? true : null);
    };
  }

  private static Object both(Object before, Object added) {
    var all = new ArrayList<Object>();
    if (before instanceof List<?> several) {
      all.addAll(several);
    } else {
      all.add(before);
    }
    all.add(added);
    return all;
  }

  private static String page(
      UriInfo uri, @Nullable String parameter, @Nullable String cursor, boolean place) {
    var query = new ArrayList<String>();
    var given = uri.getRequestUri().getRawQuery();
    for (var pair : given == null ? new String[0] : given.split("&")) {
      var parts = pair.split("=", 2);
      var name = decoded(parts[0]);
      // What was waited for once is there.
      if (!name.equals(RequestedConsistency.PARAMETER)
          && (place || (!name.equals(PageRequest.AFTER) && !name.equals(PageRequest.BEFORE)))) {
        query.add(encoded(name) + '=' + (parts.length == 2 ? encoded(decoded(parts[1])) : ""));
      }
    }
    if (parameter != null) {
      query.add(parameter + '=' + cursor);
    }
    var path = uri.getRequestUri().getRawPath();
    return query.isEmpty() ? path : path + '?' + String.join("&", query);
  }

  private static String path(List<String> segments) {
    var path = new StringBuilder();
    for (var segment : segments) {
      path.append('/').append(encoded(segment).replace("+", "%20"));
    }
    return path.toString();
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
