package io.headrace.query.platform.http;

import io.headrace.query.platform.read.InvalidTokenException;
import io.headrace.query.platform.read.Outage;
import io.headrace.query.platform.read.ReadConfig;
import io.headrace.query.platform.read.ViewBehindException;
import io.headrace.query.platform.read.ViewPosition;
import io.quarkus.logging.Log;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.Locale;
import java.util.UUID;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Every answer that is not a success, as problem+json. */
class ProblemResponses {

  private static final int NOT_ALLOWED = 405;
  private static final int SERVER_ERROR = 500;
  private static final int UNAVAILABLE = 503;

  private final long retryAfterSeconds;

  ProblemResponses(ReadConfig reads) {
    retryAfterSeconds = Math.max(1, reads.circuitDelay().toSeconds());
  }

  @ServerExceptionMapper
  Response problem(ProblemException refused) {
    var answer = respond(refused.problem());
    if (refused.problem().status() == UNAVAILABLE) {
      answer.header(HttpHeaders.RETRY_AFTER, retryAfterSeconds);
    }
    refused.position().ifPresent(it -> answer.header(ViewPosition.HEADER, it.header()));
    return answer.build();
  }

  @ServerExceptionMapper
  Response foreign(InvalidTokenException refused) {
    return respond(Problem.invalidParameter(refused.field(), refused.getMessage())).build();
  }

  @ServerExceptionMapper
  Response behind(ViewBehindException behind) {
    var answer =
        Response.status(ViewBehind.STATUS)
            .type(Problem.MEDIA_TYPE)
            .entity(ViewBehind.of(behind))
            .header(HttpHeaders.RETRY_AFTER, ViewBehind.retryAfter(behind));
    behind.position().ifPresent(it -> answer.header(ViewPosition.HEADER, it.header()));
    return answer.build();
  }

  @ServerExceptionMapper
  Response nothingThere(NotFoundException e) {
    return respond(Problem.of("not-found", "Not found", 404, "There is nothing at this path."))
        .build();
  }

  @ServerExceptionMapper
  Response refusedByHttp(WebApplicationException e) {
    var status = e.getResponse().getStatusInfo();
    if (status.getStatusCode() >= SERVER_ERROR) {
      return defect(e);
    }
    var title = status.getReasonPhrase();
    var answer =
        respond(
            Problem.of(
                title.toLowerCase(Locale.ROOT).replace(' ', '-'),
                title,
                status.getStatusCode(),
                sentence(status.getStatusCode(), title)));
    if (status.getStatusCode() == NOT_ALLOWED) {
      answer.header(HttpHeaders.ALLOW, "GET, HEAD, OPTIONS");
    }
    return answer.build();
  }

  @ServerExceptionMapper
  Response failed(Throwable failure) {
    return Outage.of(failure)
        .map(
            outage -> {
              // Once per refusal would drown the log while the database is away.
              Log.debugf(failure, "A read failed: %s", outage);
              return respond(
                      Problem.of(
                          outage.problem(), "Service unavailable", UNAVAILABLE, outage.sentence()))
                  .header(HttpHeaders.RETRY_AFTER, retryAfterSeconds)
                  .build();
            })
        .orElseGet(() -> defect(failure));
  }

  private static Response defect(Throwable failure) {
    var id = UUID.randomUUID();
    Log.errorf(failure, "A request failed by a defect (%s)", id);
    var problem =
        new Problem(
            "urn:headrace:problem:internal-error",
            "Internal error",
            SERVER_ERROR,
            "This is our mistake, not yours. The log has the cause under the id in 'instance'.",
            "urn:uuid:" + id,
            null,
            null);
    return respond(problem).build();
  }

  private static Response.ResponseBuilder respond(Problem problem) {
    return Response.status(problem.status()).type(Problem.MEDIA_TYPE).entity(problem);
  }

  private static String sentence(int status, String title) {
    return switch (status) {
      case NOT_ALLOWED -> "The query side only reads: GET, HEAD and OPTIONS.";
      case 406 ->
          "Answers are application/json; views are text/event-stream to those who watch them.";
      case 400 -> "The request cannot be read.";
      default -> title + ".";
    };
  }
}
