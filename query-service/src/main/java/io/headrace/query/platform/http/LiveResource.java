package io.headrace.query.platform.http;

import io.headrace.query.platform.live.LiveConfig;
import io.headrace.query.platform.live.LiveFeeds;
import io.headrace.query.platform.live.LiveQuery;
import io.headrace.query.platform.read.ViewPosition;
import io.headrace.query.platform.read.ViewReads;
import io.headrace.query.platform.view.Attribute;
import io.headrace.query.platform.view.ResourceView;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.NotAcceptableException;
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
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
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

  private static final List<String> ACCEPTED =
      List.of(MediaType.SERVER_SENT_EVENTS, "text/*", MediaType.WILDCARD);
  private static final String LAST_EVENT_ID = "Last-Event-ID";

  private final ViewCatalogue catalogue;
  private final ViewReads reads;
  private final Representations representations;
  private final LiveFeeds feeds;
  private final PageConfig pages;
  private final LiveConfig config;
  private final Vertx vertx;
  private final Counter dropped;

  LiveResource(
      ViewCatalogue catalogue,
      ViewReads reads,
      Representations representations,
      LiveFeeds feeds,
      PageConfig pages,
      LiveConfig config,
      Vertx vertx,
      MeterRegistry meters) {
    this.catalogue = catalogue;
    this.reads = reads;
    this.representations = representations;
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
    return stream(list(found, uri), lastEventId, routing);
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
    return stream(listWithin(owned, owner, uri), lastEventId, routing);
  }

  private <E> LiveQuery<E> row(ResourceView<E, ?, ?> view, String text, UriInfo uri) {
    var query = QueryParameters.of(uri, List.of(Representations.FIELDS));
    var key = QueryParameters.parse(view.key().name(), view.key().type(), text);
    var fields = representations.selected(view, query);
    return LiveQuery.row(
        view, key, variant("row", fields), row -> representations.row(view, row, fields, false));
  }

  private <E> LiveQuery<E> list(ResourceView<E, ?, ?> view, UriInfo uri) {
    return list(view, Map.of(), uri);
  }

  private <E> LiveQuery<E> listWithin(ViewCatalogue.Owned<E> owned, String owner, UriInfo uri) {
    var value = QueryParameters.parse(owned.owner().name(), owned.owner().type(), owner);
    return list(owned.view(), Map.of(owned.owner(), value), uri);
  }

  private <E> LiveQuery<E> list(
      ResourceView<E, ?, ?> view, Map<Attribute<E>, Object> fixed, UriInfo uri) {
    var names = fixed.keySet().stream().map(Attribute::name).collect(Collectors.toSet());
    var query = QueryParameters.of(uri, ViewResource.parameters(view, names));
    var fields = representations.selected(view, query);
    return LiveQueries.list(
        PageRequest.of(view, fixed, query, pages),
        variant("list", fields),
        row -> representations.rowOfPage(view, row, fields, false));
  }

  private static String variant(String kind, Optional<Set<String>> fields) {
    return kind + fields.map(TreeSet::new).map(TreeSet::toString).orElse("");
  }

  private <E> Uni<RestResponse<LiveStream<?>>> stream(
      LiveQuery<E> query, @Nullable String lastEventId, RoutingContext routing) {
    var accepted = routing.request().getHeader(HttpHeaders.ACCEPT);
    if (accepted != null && ACCEPTED.stream().noneMatch(accepted::contains)) {
      throw new NotAcceptableException();
    }
    return reads
        .caughtUp(query.view())
        .chain(caughtUp -> begin(query, lastEventId, routing).map(it -> answer(it, caughtUp)));
  }

  private <E> Uni<LiveStream<E>> begin(
      LiveQuery<E> query, @Nullable String lastEventId, RoutingContext routing) {
    return Uni.createFrom()
        .emitter(
            emitter -> {
              var stream =
                  new LiveStream<E>(
                      vertx.getOrCreateContext(), config, dropped::increment, emitter);
              routing.addEndHandler(_ -> stream.gone());
              stream.cancelWith(
                  feeds.subscribe(
                      query, Optional.ofNullable(lastEventId).filter(it -> !it.isEmpty()), stream));
            });
  }

  private static RestResponse<LiveStream<?>> answer(LiveStream<?> stream, boolean caughtUp) {
    var answer =
        RestResponse.ResponseBuilder.<LiveStream<?>>ok(stream, MediaType.SERVER_SENT_EVENTS_TYPE);
    answer.header(HttpHeaders.CACHE_CONTROL, "no-store");
    // A proxy that gathers bytes before it passes them on would hold changes back.
    answer.header("X-Accel-Buffering", "no");
    stream
        .position()
        .map(it -> caughtUp ? it : it.asBehind())
        .ifPresent(it -> answer.header(ViewPosition.HEADER, it.header()));
    return answer.build();
  }
}
