package io.headrace.command.platform.http;

import io.headrace.command.platform.dispatch.CommandUnavailableException;
import io.headrace.command.platform.dispatch.DefectException;
import io.headrace.command.platform.log.LogStream;
import io.headrace.command.platform.log.LogUnavailableException;
import io.quarkus.logging.Log;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Every failure becomes a problem here, and nowhere else. */
@Singleton
class Problems {

  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  /** For what is not routed through JAX-RS. */
  Response of(Throwable failure) {
    return switch (failure) {
      case ProblemException e -> problem(e);
      case CommandUnavailableException e -> unavailable(e);
      case LogUnavailableException e -> unavailable(e);
      case DefectException e -> defect(e);
      case LogStream.BusyException _ -> busy();
      case CompletionException e when e.getCause() != null -> of(e.getCause());
      default -> anything(failure);
    };
  }

  void send(RoutingContext routing, Throwable failure) {
    Response problem = of(failure);
    HttpServerResponse response = routing.response().setStatusCode(problem.getStatus());
    problem
        .getStringHeaders()
        .forEach((name, values) -> values.forEach(value -> response.putHeader(name, value)));
    response.end(Buffer.buffer((byte[]) problem.getEntity()));
  }

  private static Response busy() {
    return Problem.of(
            503,
            "busy",
            "The service is busy.",
            "As many as the service allows are reading the log; try again later.")
        .response(RETRY_AFTER)
        .build();
  }

  @ServerExceptionMapper
  Response problem(ProblemException e) {
    return e.problem().response().build();
  }

  @ServerExceptionMapper
  Response unavailable(CommandUnavailableException e) {
    String reason = Character.toUpperCase(e.getMessage().charAt(0)) + e.getMessage().substring(1);
    String advice =
        switch (e.effect()) {
          case NONE -> ". Nothing was stored; send the command again.";
          case UNKNOWN ->
              ". It is not known whether the command was stored. Send it again with the same"
                  + " Idempotency-Key: then it takes effect once. If it had none, look at the stream"
                  + " first.";
        };
    return Problem.of(
            503, "unavailable", "The service cannot store commands at the moment.", reason + advice)
        .with("effect", e.effect() == CommandUnavailableException.Effect.NONE ? "none" : "unknown")
        .response(e.retryAfter())
        .build();
  }

  @ServerExceptionMapper
  Response unavailable(LogUnavailableException e) {
    return Problem.of(
            503,
            "unavailable",
            "The service cannot read the event log at the moment.",
            "The event log cannot be read; try again.")
        .response(RETRY_AFTER)
        .build();
  }

  @ServerExceptionMapper
  Response defect(DefectException e) {
    return defect(e.incident());
  }

  @ServerExceptionMapper
  Response web(WebApplicationException e) {
    Response original = e.getResponse();
    int status = original.getStatus();
    if (status >= 500) {
      return anything(e);
    }
    Response.ResponseBuilder response =
        switch (status) {
          case 404 ->
              Problem.of(
                      404,
                      "not-found",
                      "There is nothing here.",
                      "See /q/openapi for what there is.")
                  .response();
          case 405 ->
              Problem.of(
                      405,
                      "method-not-allowed",
                      "The method is not allowed here.",
                      "Commands are sent with POST, states and histories are read with GET.")
                  .response();
          case 413 -> BodyLimit.problem().response();
          default ->
              Problem.of(
                      status,
                      "http-" + status,
                      original.getStatusInfo().getReasonPhrase(),
                      "The request cannot be handled: "
                          + original.getStatusInfo().getReasonPhrase()
                          + ".")
                  .response();
        };
    Object allow = original.getHeaders().getFirst("Allow");
    return allow == null ? response.build() : response.header("Allow", allow).build();
  }

  @ServerExceptionMapper
  Response anything(Throwable e) {
    String incident = UUID.randomUUID().toString();
    Log.errorf(e, "incident %s", incident);
    return defect(incident);
  }

  private static Response defect(String incident) {
    return Problem.of(
            500,
            "defect",
            "The service has a defect.",
            "Nothing is wrong with your request as far as is known. The log has more under the"
                + " incident's id.")
        .with("incident", incident)
        .response()
        .build();
  }
}
