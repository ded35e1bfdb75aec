package io.headrace.query.platform.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.query.platform.read.InvalidTokenException;
import io.headrace.query.platform.read.ReadConfig;
import io.headrace.query.platform.read.ViewBehindException;
import io.headrace.query.platform.read.ViewPosition;
import io.headrace.query.platform.read.ViewReads;
import io.headrace.query.platform.view.ExportableView;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.Arc;
import io.quarkus.logging.Log;
import io.quarkus.vertx.core.runtime.context.VertxContextSafetyToggle;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MultivaluedHashMap;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * {@code GET /views/{view}/export?format=ndjson|csv}: a whole view for a report.
 *
 * <p>A Vert.x route rather than a resource, because it has to end a connection without ending the
 * answer: an export that breaks in the middle must not look whole, so it ends with a line that says
 * so, and the client finds the transfer incomplete.
 */
@ApplicationScoped
class ExportRoute {

  static final String PATH = "/views/:view/export";
  static final String FORMAT = "format";
  static final List<String> FORMATS = List.of("ndjson", "csv");

  private static final int UNAVAILABLE = 503;
  private static final String BROKEN =
      "This export broke and is incomplete. Please ask for it again.";

  private final ViewCatalogue catalogue;
  private final Representations representations;
  private final ViewReads reads;
  private final ProblemResponses problems;
  private final ExportConfig config;
  private final Duration connectionSilence;
  private final ObjectMapper json;
  private final CurrentVertxRequest current;
  private final AtomicInteger running = new AtomicInteger();

  ExportRoute(
      ViewCatalogue catalogue,
      Representations representations,
      ViewReads reads,
      ProblemResponses problems,
      ExportConfig config,
      ReadConfig readConfig,
      ObjectMapper json,
      CurrentVertxRequest current,
      MeterRegistry meters) {
    this.catalogue = catalogue;
    this.representations = representations;
    this.reads = reads;
    this.problems = problems;
    requireSilenceToBeLonger(config, readConfig);
    this.config = config;
    this.connectionSilence = readConfig.connectionSilence();
    this.json = Representations.exact(json);
    this.current = current;
    meters.gauge("headrace.query.exports", running);
  }

  /** Otherwise connections would be closed in the middle of what is allowed. */
  static void requireSilenceToBeLonger(ExportConfig config, ReadConfig reads) {
    if (config.fetchTimeout().compareTo(reads.connectionSilence()) >= 0) {
      throw new IllegalStateException(
          "headrace.query.export.fetch-timeout is %s and must be less than headrace.query.read.connection-silence, which is %s."
              .formatted(config.fetchTimeout(), reads.connectionSilence()));
    }
  }

  void register(@Observes Router router) {
    router.get(PATH).handler(this::handle);
  }

  private void handle(RoutingContext request) {
    // The context is the request's own; sessions are refused on one that is not known to be.
    VertxContextSafetyToggle.setContextSafe(io.vertx.core.Vertx.currentContext(), true);
    Uni.createFrom()
        .deferred(
            () ->
                export(
                    catalogue
                        .exportable(request.pathParam("view"))
                        .orElseThrow(NotFoundException::new),
                    request))
        .subscribe()
        .with(_ -> {}, failure -> refuse(request, failure));
  }

  private <E> Uni<Void> export(ExportableView<E, ?, ?> view, RoutingContext request) {
    var given = new MultivaluedHashMap<String, String>();
    request.queryParams().forEach(it -> given.add(it.getKey(), it.getValue()));
    var query = QueryParameters.of(given, parameters(view));
    var criteria = Criteria.of(view, Set.of(), query);
    var format = format(query, view, representations.selected(view, query));
    if (running.incrementAndGet() > config.concurrency()) {
      running.decrementAndGet();
      throw new ProblemException(
          Problem.of(
              "overloaded",
              "Service unavailable",
              UNAVAILABLE,
              "%d exports are running, and no more are allowed at a time. Please try again."
                  .formatted(config.concurrency())));
    }
    var export = new Export<>(view, criteria, format, config, connectionSilence);
    // Also tells whether the database is there, before anything is answered.
    // Whatever is thrown from here on must give the place back.
    return Uni.createFrom()
        .deferred(() -> known(request, () -> reads.read(view, () -> Uni.createFrom().item(true))))
        .chain(
            fresh -> {
              var answer = answer(request, view, format, fresh.position());
              return export
                  .run(piece -> write(answer, piece))
                  .chain(() -> Uni.createFrom().completionStage(answer.end().toCompletionStage()));
            })
        .onFailure()
        .recoverWithUni(failure -> ended(request, format, failure))
        .onTermination()
        .invoke(() -> running.decrementAndGet());
  }

  /** A read looks at the request that it is for, which Quarkus makes known to resources only. */
  private <T> Uni<T> known(RoutingContext request, Supplier<Uni<T>> read) {
    var context = Arc.requireContainer().requestContext();
    context.activate();
    try {
      current.setCurrent(request);
      return read.get();
    } finally {
      context.terminate();
    }
  }

  static List<String> parameters(ExportableView<?, ?, ?> view) {
    var parameters = new ArrayList<>(List.of(FORMAT));
    parameters.addAll(Criteria.parameters(view, Set.of()));
    parameters.add(Representations.FIELDS);
    return parameters;
  }

  private RowFormat format(
      QueryParameters query, ExportableView<?, ?, ?> view, Optional<Set<String>> fields) {
    return switch (query.text(FORMAT).orElse("")) {
      case "ndjson" -> new RowFormat.Ndjson(json, fields);
      case "csv" -> new RowFormat.Csv(json, view.representation(), fields);
      default ->
          throw new ProblemException(
              Problem.invalidParameter(FORMAT, "one of " + String.join(", ", FORMATS), FORMATS));
    };
  }

  private static HttpServerResponse answer(
      RoutingContext request,
      ExportableView<?, ?, ?> view,
      RowFormat format,
      Optional<ViewPosition> position) {
    var answer = request.response().setChunked(true);
    answer.putHeader(HttpHeaders.CONTENT_TYPE, format.mediaType());
    answer.putHeader(HttpHeaders.CACHE_CONTROL, "private, no-store");
    answer.putHeader(
        HttpHeaders.CONTENT_DISPOSITION,
        "attachment; filename=\"%s.%s\"".formatted(view.name(), format.name()));
    position.ifPresent(it -> answer.putHeader(ViewPosition.HEADER, it.header()));
    return answer;
  }

  /** Completes when the network has taken it. */
  private Uni<Void> write(HttpServerResponse answer, Buffer piece) {
    return Uni.createFrom()
        .completionStage(() -> answer.write(piece).toCompletionStage())
        .ifNoItem()
        .after(config.maxPause())
        .fail();
  }

  /** What has begun can only be broken off; anything else is answered as ever. */
  private Uni<Void> ended(RoutingContext request, RowFormat format, Throwable failure) {
    var answer = request.response();
    if (!answer.headWritten()) {
      return Uni.createFrom().failure(failure);
    }
    if (answer.closed()) {
      return Uni.createFrom().voidItem();
    }
    Log.warnf(failure, "An export broke");
    if (failure instanceof TimeoutException) {
      // Who has stopped reading would not read more either.
      Connections.cut(request.request());
      return Uni.createFrom().voidItem();
    }
    // Without the chunk that ends an answer.
    return write(answer, Buffer.buffer(format.broken(BROKEN)))
        .onItemOrFailure()
        .invoke((_, _) -> answer.reset())
        .replaceWithVoid()
        .onFailure()
        .recoverWithNull();
  }

  private void refuse(RoutingContext request, Throwable failure) {
    var answer = request.response();
    if (answer.headWritten() || answer.closed()) {
      return;
    }
    var problem = problem(failure);
    problem.getStringHeaders().forEach((name, values) -> answer.putHeader(name, values));
    answer.setStatusCode(problem.getStatus());
    answer.putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE);
    try {
      answer.end(json.writeValueAsString(problem.getEntity()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private Response problem(Throwable failure) {
    return switch (failure) {
      case ProblemException refused -> problems.problem(refused);
      case NotFoundException e -> problems.nothingThere(e);
      case InvalidTokenException refused -> problems.foreign(refused);
      case ViewBehindException behind -> problems.behind(behind);
      default -> problems.failed(failure);
    };
  }
}
