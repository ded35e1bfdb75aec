package io.headrace.projection.platform.engine;

import com.fasterxml.jackson.databind.JsonMappingException.Reference;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.headrace.projection.platform.engine.Failures.AbandonedException;
import io.headrace.projection.platform.engine.Failures.NoLiveGenerationException;
import io.headrace.projection.platform.engine.Problems.InvalidException;
import io.headrace.projection.platform.engine.Rebuilds.NotNowException;
import io.quarkus.logging.Log;
import jakarta.ws.rs.NotFoundException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.common.KafkaException;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** What a request failed with, as its answer; whatever it is. */
class ProblemResponses {

  private static final int SERVER_ERROR = 500;

  @ServerExceptionMapper
  Response invalid(InvalidException e) {
    return Problems.invalid(e.field(), e.rule());
  }

  @ServerExceptionMapper
  Response notNow(NotNowException e) {
    return Problems.conflict(e.getMessage());
  }

  @ServerExceptionMapper
  Response notThere(NoLiveGenerationException e) {
    return Problems.of(503, "view-not-there", "A view's tables are not there.", e.getMessage());
  }

  @ServerExceptionMapper
  Response failed(SQLException e) {
    if (Failures.isOutage(e)) {
      return Problems.down("PostgreSQL does not answer", e);
    }
    return Failures.isConflict(e)
        ? Problems.down("PostgreSQL is busy with what this needs", e)
        : defect(e);
  }

  @ServerExceptionMapper
  Response failed(KafkaException e) {
    return Problems.down("Kafka does not answer", e);
  }

  @ServerExceptionMapper
  Response abandoned(AbandonedException e) {
    return Problems.down("This worker is stopping, or PostgreSQL does not answer", e);
  }

  @ServerExceptionMapper
  Response nothingThere(NotFoundException e) {
    return Problems.unknown("There is nothing at this path; see /q/openapi for what there is.");
  }

  /** JSON that is not what was asked for. */
  @ServerExceptionMapper
  Response unfit(MismatchedInputException e) {
    String field =
        e.getPath().stream()
            .map(Reference::getFieldName)
            .filter(Objects::nonNull)
            .collect(Collectors.joining("."));
    return field.isEmpty()
        ? Problems.invalid("body", "must be a JSON object")
        : Problems.invalid(field, "has a value of the wrong type");
  }

  @ServerExceptionMapper
  Response refusedByHttp(WebApplicationException e) {
    Response.StatusType status = e.getResponse().getStatusInfo();
    if (status.getStatusCode() >= SERVER_ERROR) {
      return defect(e);
    }
    if (status.getStatusCode() == Response.Status.BAD_REQUEST.getStatusCode()) {
      return Problems.invalid("body", "must be JSON that can be read");
    }
    String title = status.getReasonPhrase();
    Response problem =
        Problems.of(
            status.getStatusCode(),
            title.toLowerCase(Locale.ROOT).replace(' ', '-'),
            title,
            "The request cannot be handled; see /q/openapi for what can be asked.");
    String allow = e.getResponse().getHeaderString(HttpHeaders.ALLOW);
    return allow == null
        ? problem
        : Response.fromResponse(problem).header(HttpHeaders.ALLOW, allow).build();
  }

  @ServerExceptionMapper
  Response defect(Throwable e) {
    UUID id = UUID.randomUUID();
    Log.errorf(e, "A request failed by a defect (%s)", id);
    return Problems.defect(id);
  }
}
