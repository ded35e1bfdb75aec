package io.headrace.projection.platform.engine;

import io.quarkus.logging.Log;
import jakarta.ws.rs.core.Response;
import java.sql.SQLException;
import java.util.Map;
import org.apache.kafka.common.KafkaException;

/** Answers that are no success, as RFC 9457 has them. */
final class Problems {

  static final String JSON = "application/problem+json";

  private Problems() {}

  static Response of(int status, String type, String title, String detail) {
    return Response.status(status)
        .type(JSON)
        .entity(
            Map.of(
                "type", "urn:headrace:problem:" + type,
                "title", title,
                "status", status,
                "detail", detail))
        .build();
  }

  static Response invalid(String field, String rule) {
    return Response.status(400)
        .type(JSON)
        .entity(
            Map.of(
                "type",
                "urn:headrace:problem:invalid",
                "title",
                "The request is not valid.",
                "status",
                400,
                "detail",
                field + " " + rule,
                "field",
                field))
        .build();
  }

  static Response unknown(String detail) {
    return of(404, "unknown", "There is no such thing.", detail);
  }

  static Response conflict(String detail) {
    return of(409, "conflict", "This cannot be done as things stand.", detail);
  }

  static Response down(Exception failure) {
    String what = failure instanceof KafkaException ? "Kafka" : "PostgreSQL";
    Log.warnf("%s does not answer: %s", what, failure.getMessage());
    return Response.fromResponse(
            of(
                503,
                "dependency-down",
                "A dependency is down.",
                what + " does not answer. Please try again."))
        .header("Retry-After", 2)
        .build();
  }

  interface Action {
    Response run() throws SQLException, Rebuilds.NotNowException, Failures.AbandonedException;
  }

  /** Runs an action; what it throws becomes an answer. */
  static Response answer(Action action) {
    try {
      return action.run();
    } catch (Rebuilds.NotNowException e) {
      return conflict(e.getMessage());
    } catch (Failures.NoLiveGenerationException e) {
      return of(503, "view-not-there", "A view's tables are not there.", e.getMessage());
    } catch (SQLException | KafkaException e) {
      return down(e);
    } catch (Failures.AbandonedException e) {
      return down(new SQLException("the worker is stopping, or PostgreSQL does not answer"));
    }
  }
}
