package io.headrace.query.platform.http;

import io.headrace.query.platform.live.LiveConfig;
import io.headrace.query.platform.live.LiveFeeds;
import io.headrace.query.platform.live.LiveQuery;
import io.headrace.query.platform.read.ViewPosition;
import io.headrace.query.platform.view.ResourceView;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestResponse;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of {@link ViewResource} as live queries: the same paths and parameters, for those
 * who accept {@code text/event-stream}. {@link ViewsOpenApi} describes them.
 */
@Path("/")
@Produces(LiveResource.MEDIA_TYPE)
class LiveResource {

  /** Of the least quality: who accepts anything gets JSON. */
  static final String MEDIA_TYPE = "text/event-stream;qs=0.1";

  private static final String LAST_EVENT_ID = "Last-Event-ID";

  private final ViewCatalogue catalogue;
  private final LiveFeeds feeds;
  private final PageConfig pages;
  private final LiveConfig config;
  private final Vertx vertx;
  private final Counter dropped;

  LiveResource(
      ViewCatalogue catalogue,
      LiveFeeds feeds,
      PageConfig pages,
      LiveConfig config,
      Vertx vertx,
      MeterRegistry meters) {
    this.catalogue = catalogue;
    this.feeds = feeds;
    this.pages = pages;
    this.config = config;
    this.vertx = vertx;
    this.dropped =
        Counter.builder("headrace.query.live.dropped")
            .description("Clients that watched views and were dropped because they were too slow")
            .register(meters);
  }

  @GET
  @Path("{view}")
  @Operation(hidden = true)
  public Uni<RestResponse<LiveStream<?>>> list(
      String view,
      @Context UriInfo uri,
      @HeaderParam(LAST_EVENT_ID) @Nullable String lastEventId,
      @Context RoutingContext routing) {
    var found = catalogue.named(view).orElseThrow(NotFoundException::new);
    return stream(list(found, Map.of(), uri), lastEventId, routing);
  }

  @GET
  @Path("{view}/{key}")
  @Operation(hidden = true)
  public Uni<RestResponse<LiveStream<?>>> one(
      String view,
      String key,
      @Context UriInfo uri,
      @HeaderParam(LAST_EVENT_ID) @Nullable String lastEventId,
      @Context RoutingContext routing) {
    var found = catalogue.named(view).orElseThrow(NotFoundException::new);
    return stream(row(found, key, uri), lastEventId, routing);
  }

  @GET
  @Path("{collection}/{owner}/{view}")
  @Operation(hidden = true)
  public Uni<RestResponse<LiveStream<?>>> listWithin(
      String collection,
      String owner,
      String view,
      @Context UriInfo uri,
      @HeaderParam(LAST_EVENT_ID) @Nullable String lastEventId,
      @Context RoutingContext routing) {
    var owned = catalogue.owned(collection, view).orElseThrow(NotFoundException::new);
    var name = owned.owner().name();
    var value = QueryParameters.parse(name, owned.owner().type(), owner);
    return stream(list(owned.view(), Map.of(name, value), uri), lastEventId, routing);
  }

  private static <E> LiveQuery<E> row(ResourceView<E, ?, ?> view, String text, UriInfo uri) {
    QueryParameters.of(uri, List.of());
    var key = QueryParameters.parse(view.key().name(), view.key().type(), text);
    return LiveQuery.row(view, key, "", view::represent);
  }

  private <E> LiveQuery<E> list(
      ResourceView<E, ?, ?> view, Map<String, Object> fixed, UriInfo uri) {
    return LiveQueries.list(PageRequest.of(view, fixed, uri, pages), "", view::represent);
  }

  private <E> Uni<RestResponse<LiveStream<?>>> stream(
      LiveQuery<E> query, @Nullable String lastEventId, RoutingContext routing) {
    return Uni.createFrom()
        .<LiveStream<E>>emitter(
            emitter -> {
              var stream =
                  new LiveStream<E>(
                      vertx.getOrCreateContext(), config, dropped::increment, emitter);
              routing.addEndHandler(_ -> stream.gone());
              stream.cancelWith(
                  feeds.subscribe(
                      query, Optional.ofNullable(lastEventId).filter(it -> !it.isEmpty()), stream));
            })
        .map(
            stream -> {
              var answer =
                  RestResponse.ResponseBuilder.<LiveStream<?>>ok(
                      stream, MediaType.SERVER_SENT_EVENTS_TYPE);
              answer.header(HttpHeaders.CACHE_CONTROL, "no-store");
              // A proxy that gathers bytes before it passes them on would hold changes back.
              answer.header("X-Accel-Buffering", "no");
              stream.position().ifPresent(it -> answer.header(ViewPosition.HEADER, it.header()));
              return answer.build();
            });
  }
}
