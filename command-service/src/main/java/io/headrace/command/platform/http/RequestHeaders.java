package io.headrace.command.platform.http;

import io.headrace.command.platform.dispatch.Precondition;
import io.headrace.events.platform.EventMetadata;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the headers of a request; refuses what is malformed with a problem that names the header.
 */
final class RequestHeaders {

  static final String IDEMPOTENCY_KEY = "Idempotency-Key";
  static final String CORRELATION_ID = "X-Correlation-ID";

  private static final Pattern VISIBLE = Pattern.compile("[\\x21-\\x7e]{1,128}");
  private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,255}");
  private static final Pattern VERSION_TAG = Pattern.compile("\"([0-9]{1,18})\"");
  private static final Pattern TRACEPARENT =
      Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

  private final HttpHeaders headers;

  RequestHeaders(HttpHeaders headers) {
    this.headers = headers;
  }

  private @Nullable String single(String name) {
    List<String> values = headers.getRequestHeader(name);
    if (values == null || values.isEmpty()) {
      return null;
    }
    if (values.size() > 1) {
      throw new ProblemException(Problem.invalid(name, "must be sent once"));
    }
    return values.getFirst();
  }

  /** RFC 8259: JSON is UTF-8; the media type has no other charset. */
  void requireJson() {
    String type = single(HttpHeaders.CONTENT_TYPE);
    String plain = type == null ? "" : type.replace(" ", "").toLowerCase(java.util.Locale.ROOT);
    if (!plain.equals("application/json")
        && !plain.equals("application/json;charset=utf-8")
        && !plain.equals("application/json;charset=\"utf-8\"")) {
      throw new ProblemException(
          Problem.of(
              415,
              "unsupported-media-type",
              "The media type is not supported.",
              "A command is sent with Content-Type: application/json, in UTF-8."));
    }
  }

  @Nullable String idempotencyKey() {
    String key = single(IDEMPOTENCY_KEY);
    if (key != null && !KEY.matcher(key).matches()) {
      throw new ProblemException(
          Problem.invalid(IDEMPOTENCY_KEY, "must be 1 to 255 visible ASCII characters"));
    }
    return key;
  }

  /** RFC 9110, 13.1: one strong entity tag, or {@code *}. */
  @Nullable Precondition precondition() {
    String match = single(HttpHeaders.IF_MATCH);
    String noneMatch = single(HttpHeaders.IF_NONE_MATCH);
    if (match != null && noneMatch != null) {
      throw new ProblemException(
          Problem.invalid(HttpHeaders.IF_MATCH, "and If-None-Match must not be sent together"));
    }
    if (noneMatch != null) {
      if (!noneMatch.equals("*")) {
        throw new ProblemException(
            Problem.invalid(HttpHeaders.IF_NONE_MATCH, "must be *: the stream must not exist yet"));
      }
      return new Precondition.Absent();
    }
    if (match == null) {
      return null;
    }
    if (match.equals("*")) {
      return new Precondition.Exists();
    }
    Matcher tag = VERSION_TAG.matcher(match);
    if (!tag.matches()) {
      throw new ProblemException(
          Problem.invalid(
              HttpHeaders.IF_MATCH, "must be * or one ETag of this stream, such as \"3\""));
    }
    return new Precondition.Version(Long.parseLong(tag.group(1)));
  }

  EventMetadata metadata() {
    String correlation = single(CORRELATION_ID);
    if (correlation == null) {
      correlation = UUID.randomUUID().toString();
    } else if (!VISIBLE.matcher(correlation).matches()) {
      throw new ProblemException(
          Problem.invalid(CORRELATION_ID, "must be 1 to 128 visible ASCII characters"));
    }
    return new EventMetadata(correlation, null, null, traceparent());
  }

  /** Our own span where tracing is on, else the sender's; a malformed one is ignored (W3C, 3.2). */
  private @Nullable String traceparent() {
    SpanContext span = Span.current().getSpanContext();
    if (span.isValid()) {
      return "00-%s-%s-%s"
          .formatted(span.getTraceId(), span.getSpanId(), span.getTraceFlags().asHex());
    }
    List<String> sent = headers.getRequestHeader("traceparent");
    return sent != null && sent.size() == 1 && TRACEPARENT.matcher(sent.getFirst()).matches()
        ? sent.getFirst()
        : null;
  }
}
