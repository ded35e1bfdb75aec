package io.headrace.query.platform.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * RFC 9457.
 *
 * @param type a stable URN
 * @param detail a sentence a person understands
 * @param instance of a defect: the id under which it is in the log
 * @param field the offending parameter
 * @param allowed what would be accepted instead, where that can be listed
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
@Schema(
    name = "Problem",
    description = "What went wrong (RFC 9457).",
    requiredProperties = {"type", "title", "status", "detail"})
public record Problem(
    @Schema(examples = "urn:headrace:problem:invalid-parameter") String type,
    @Schema(examples = "Invalid parameter") String title,
    @Schema(examples = "400") int status,
    @Schema(examples = "limit must be a whole number from 1 to 200.") String detail,
    @Schema(description = "The id under which a defect is in the log.") @Nullable String instance,
    @Schema(description = "The offending parameter.", examples = "limit") @Nullable String field,
    @Schema(description = "What would be accepted instead, where that can be listed.")
        @Nullable List<String> allowed) {

  public static final String MEDIA_TYPE = "application/problem+json";

  private static final int BAD_REQUEST = 400;
  private static final int NOT_FOUND = 404;
  private static final int UNAVAILABLE = 503;

  static Problem of(String type, String title, int status, String detail) {
    return new Problem("urn:headrace:problem:" + type, title, status, detail, null, null, null);
  }

  /** A value that cannot be what it should be. */
  public static Problem invalidParameter(String field, String expected) {
    return invalidParameter(field, expected, null);
  }

  static Problem invalidParameter(String field, String expected, @Nullable List<String> allowed) {
    return new Problem(
        "urn:headrace:problem:invalid-parameter",
        "Invalid parameter",
        BAD_REQUEST,
        field + " must be " + expected + ".",
        null,
        field,
        allowed);
  }

  static Problem unknownParameter(String field, List<String> allowed) {
    return new Problem(
        "urn:headrace:problem:unknown-parameter",
        "Unknown parameter",
        BAD_REQUEST,
        "There is no query parameter '%s' here; %s."
            .formatted(
                field,
                allowed.isEmpty()
                    ? "none is allowed"
                    : "allowed are " + String.join(", ", allowed)),
        null,
        field,
        allowed);
  }

  /** A request that asks for more than one request may. */
  public static Problem tooComplex(String what) {
    return of(
        "too-complex",
        "Too complex",
        BAD_REQUEST,
        "The request asks for %s. Please ask in several requests.".formatted(what));
  }

  /** The end of a live query whose server goes. */
  static Problem stopping() {
    return of(
        "stopping", "Stopping", UNAVAILABLE, "This server is stopping. Please subscribe again.");
  }

  /** The end of a live query whose client takes less than there is. */
  static Problem tooSlow() {
    return of(
        "too-slow",
        "Too slow",
        UNAVAILABLE,
        "This client did not keep up with the changes. Please subscribe again.");
  }

  /** Nothing there, as far as the view has come. */
  public static Problem notFound(String what, String key) {
    return of(
        "not-found",
        "Not found",
        NOT_FOUND,
        "There is no %s %s in this view, as far as it has come (see View-Position)."
            .formatted(what, key));
  }
}
