package io.headrace.projection.platform.engine;

import io.quarkus.logging.Log;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Answers that are no success, as RFC 9457 has them; and what requests are refused for. */
final class Problems {

  static final String JSON = "application/problem+json";

  private Problems() {}

  static Response of(int status, String type, String title, String detail) {
    return of(status, type, title, detail, Map.of());
  }

  private static Response of(
      int status, String type, String title, String detail, Map<String, String> further) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("type", "urn:headrace:problem:" + type);
    members.put("title", title);
    members.put("status", status);
    members.put("detail", detail);
    members.putAll(further);
    return Response.status(status).type(JSON).entity(members).build();
  }

  static Response invalid(String field, String rule) {
    return of(
        400, "invalid", "The request is not valid.", field + " " + rule, Map.of("field", field));
  }

  static Response unknown(String detail) {
    return of(404, "unknown", "There is no such thing.", detail);
  }

  static Response conflict(String detail) {
    return of(409, "conflict", "This cannot be done as things stand.", detail);
  }

  static Response down(String what, Exception failure) {
    Log.warnf("%s: %s", what, failure.getMessage());
    return Response.fromResponse(
            of(503, "dependency-down", "A dependency is down.", what + ". Please try again."))
        .header(HttpHeaders.RETRY_AFTER, 2)
        .build();
  }

  /**
   * @param id under which the log has it
   */
  static Response defect(UUID id) {
    return of(
        500,
        "internal-error",
        "Internal error",
        "This is our mistake, not yours. The log has the cause under the id in 'instance'.",
        Map.of("instance", "urn:uuid:" + id));
  }

  /** A field of a request is not what it should be. */
  static final class InvalidException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String field;
    private final String rule;

    InvalidException(String field, String rule) {
      super(field + " " + rule, null, false, false); // An answer, not a defect.
      this.field = field;
      this.rule = rule;
    }

    String field() {
      return field;
    }

    String rule() {
      return rule;
    }
  }

  /** An id, which may hold any character that PostgreSQL can keep. */
  static String id(String field, String value) {
    if (value.indexOf('\0') >= 0) {
      throw new InvalidException(field, "must not have the character NUL");
    }
    return value;
  }

  /** Who an operator is, in one line; null if that is not said. */
  static @Nullable String by(@Nullable String value) {
    return said("by", value, "");
  }

  /** The same, where it has to be said. */
  static String by(@Nullable String value, String rule) {
    return required("by", by(value), rule);
  }

  /** Why an operator does something, in lines; null if that is not said. */
  static @Nullable String note(@Nullable String value) {
    return said("note", value, "\n\r\t");
  }

  /** The same, where it has to be said. */
  static String note(@Nullable String value, String rule) {
    return required("note", note(value), rule);
  }

  private static @Nullable String said(String field, @Nullable String value, String allowed) {
    if (value != null
        && value.chars().anyMatch(c -> Character.isISOControl(c) && allowed.indexOf(c) < 0)) {
      throw new InvalidException(field, "must not have control characters");
    }
    return value;
  }

  private static String required(String field, @Nullable String value, String rule) {
    if (value == null || value.isBlank()) {
      throw new InvalidException(field, rule);
    }
    return value;
  }

  /** A whole number from 1; null if none is given. */
  static @Nullable Integer number(String field, @Nullable String value) {
    if (value == null) {
      return null;
    }
    try {
      return positive(field, Integer.valueOf(value));
    } catch (NumberFormatException e) {
      throw new InvalidException(field, "must be a whole number from 1");
    }
  }

  /** The same. */
  static @Nullable Integer positive(String field, @Nullable Integer value) {
    if (value != null && value < 1) {
      throw new InvalidException(field, "must be a whole number from 1");
    }
    return value;
  }
}
