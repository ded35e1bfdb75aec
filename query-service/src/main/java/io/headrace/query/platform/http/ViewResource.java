package io.headrace.query.platform.http;

import io.headrace.query.platform.read.RowReads;
import io.headrace.query.platform.read.ViewReads;
import io.headrace.query.platform.view.Attribute;
import io.headrace.query.platform.view.ResourceView;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestResponse;

/**
 * The endpoints that every {@link ResourceView} gets by itself. {@link ViewsOpenApi} describes
 * them.
 */
@Path("/")
@Produces({MediaType.APPLICATION_JSON, HalJson.MEDIA_TYPE})
class ViewResource {

  private final ViewCatalogue catalogue;
  private final Answers answers;
  private final Representations representations;
  private final PageConfig config;
  private final ViewReads reads;
  private final Map<String, RowReads<Object, ?>> rows = new ConcurrentHashMap<>();

  ViewResource(
      ViewCatalogue catalogue,
      Answers answers,
      Representations representations,
      PageConfig config,
      ViewReads reads) {
    this.catalogue = catalogue;
    this.reads = reads;
    this.answers = answers;
    this.representations = representations;
    this.config = config;
  }

  @GET
  @Path("{view}")
  @Operation(hidden = true)
  public Uni<RestResponse<Object>> list(
      String view, @Context UriInfo uri, @Context HttpHeaders headers) {
    return page(catalogue.named(view).orElseThrow(NotFoundException::new), uri, headers);
  }

  @GET
  @Path("{view}/{key}")
  @Operation(hidden = true)
  public Uni<RestResponse<Object>> one(
      String view, String key, @Context UriInfo uri, @Context HttpHeaders headers) {
    return byKey(catalogue.named(view).orElseThrow(NotFoundException::new), key, uri, headers);
  }

  @GET
  @Path("{collection}/{owner}/{view}")
  @Operation(hidden = true)
  public Uni<RestResponse<Object>> listWithin(
      String collection,
      String owner,
      String view,
      @Context UriInfo uri,
      @Context HttpHeaders headers) {
    return pageWithin(
        catalogue.owned(collection, view).orElseThrow(NotFoundException::new), owner, uri, headers);
  }

  private <E, I, R> Uni<RestResponse<Object>> byKey(
      ResourceView<E, I, R> view, String text, UriInfo uri, HttpHeaders headers) {
    var query = QueryParameters.of(uri, List.of(Representations.FIELDS));
    var name = view.key().name();
    var key = QueryParameters.parse(name, view.key().type(), text);
    var fields = representations.selected(view, query);
    var hal = HalJson.isPreferred(headers);
    return answers.one(
        rows(view),
        key,
        row -> representations.row(view, row, fields, hal),
        () -> Problem.notFound(name, text),
        type(hal));
  }

  @SuppressWarnings("unchecked") // Under the name of a view are reads of that view.
  private <E> RowReads<Object, E> rows(ResourceView<E, ?, ?> view) {
    return (RowReads<Object, E>)
        rows.computeIfAbsent(view.name(), _ -> reads.byKey(view, keys -> Pages.byKeys(view, keys)));
  }

  private <E, I, R> Uni<RestResponse<Object>> page(
      ResourceView<E, I, R> view, UriInfo uri, HttpHeaders headers) {
    return page(view, Map.of(), uri, headers);
  }

  private <E> Uni<RestResponse<Object>> pageWithin(
      ViewCatalogue.Owned<E> owned, String owner, UriInfo uri, HttpHeaders headers) {
    var value = QueryParameters.parse(owned.owner().name(), owned.owner().type(), owner);
    return page(owned.view(), Map.of(owned.owner(), value), uri, headers);
  }

  private <E> Uni<RestResponse<Object>> page(
      ResourceView<E, ?, ?> view,
      Map<Attribute<E>, Object> fixed,
      UriInfo uri,
      HttpHeaders headers) {
    var names =
        fixed.keySet().stream()
            .map(Attribute::name)
            .collect(java.util.stream.Collectors.toUnmodifiableSet());
    var query = QueryParameters.of(uri, parameters(view, names));
    var request = PageRequest.of(view, fixed, query, config);
    var fields = representations.selected(view, query);
    var hal = HalJson.isPreferred(headers);
    return answers.all(
        view,
        () -> Pages.read(request),
        page -> {
          var links = Links.ofPage(request, page, uri);
          return new Answers.Body(
              representations.page(view, page, links, fields, hal), Links.headers(links));
        },
        type(hal));
  }

  /** All query parameters of a list. */
  static List<String> parameters(ResourceView<?, ?, ?> view, Set<String> fixed) {
    var parameters = new ArrayList<>(Criteria.parameters(view, fixed));
    parameters.addAll(PageRequest.parameters());
    parameters.add(Representations.FIELDS);
    return List.copyOf(parameters);
  }

  private static MediaType type(boolean hal) {
    return hal ? HalJson.TYPE : MediaType.APPLICATION_JSON_TYPE;
  }
}
