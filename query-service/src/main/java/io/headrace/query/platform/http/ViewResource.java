package io.headrace.query.platform.http;

import io.headrace.query.platform.view.ResourceView;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestResponse;

/**
 * The endpoints that every {@link ResourceView} gets by itself. {@link ViewsOpenApi} describes
 * them.
 */
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
class ViewResource {

  private final ViewCatalogue catalogue;
  private final Answers answers;
  private final PageConfig config;

  ViewResource(ViewCatalogue catalogue, Answers answers, PageConfig config) {
    this.catalogue = catalogue;
    this.answers = answers;
    this.config = config;
  }

  @GET
  @Path("{view}")
  @Operation(hidden = true)
  public Uni<RestResponse<Object>> list(String view, @Context UriInfo uri) {
    return page(catalogue.named(view).orElseThrow(NotFoundException::new), Map.of(), uri);
  }

  @GET
  @Path("{view}/{key}")
  @Operation(hidden = true)
  public Uni<RestResponse<Object>> one(String view, String key, @Context UriInfo uri) {
    return byKey(catalogue.named(view).orElseThrow(NotFoundException::new), key, uri);
  }

  @GET
  @Path("{collection}/{owner}/{view}")
  @Operation(hidden = true)
  public Uni<RestResponse<Object>> listWithin(
      String collection, String owner, String view, @Context UriInfo uri) {
    var owned = catalogue.owned(collection, view).orElseThrow(NotFoundException::new);
    var name = owned.owner().name();
    var value = QueryParameters.parse(name, owned.owner().type(), owner);
    return page(owned.view(), Map.of(name, value), uri);
  }

  private <E, I, R> Uni<RestResponse<Object>> byKey(
      ResourceView<E, I, R> view, String text, UriInfo uri) {
    QueryParameters.of(uri, List.of());
    var name = view.key().name();
    var key = QueryParameters.parse(name, view.key().type(), text);
    return answers.row(
        view,
        text,
        () ->
            view.find(view.visible() + " and " + name + " = :key", Map.of("key", key))
                .<E>firstResult()
                .map(row -> row == null ? null : view.represent(row)),
        () -> Problem.notFound(name, text));
  }

  private <E, I, R> Uni<RestResponse<Object>> page(
      ResourceView<E, I, R> view, Map<String, Object> fixed, UriInfo uri) {
    var request = PageRequest.of(view, fixed, uri, config);
    return answers.<Pages.Page<E>, Object>all(
        view,
        () -> Pages.read(request),
        page -> Map.of(view.name(), page.rows().stream().map(view::represent).toList()),
        page -> Pages.links(request, page, uri));
  }
}
