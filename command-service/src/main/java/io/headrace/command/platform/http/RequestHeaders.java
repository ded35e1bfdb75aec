package io.headrace.command.platform.http;

import io.headrace.command.platform.dispatch.Precondition;
import io.headrace.events.platform.EventMetadata;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import jakarta.ws.rs.core.HttpHeaders;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the headers of a request; refuses what is malformed with a problem that names the header.
 */
final class RequestHeaders {

  static final String IDEMPOTENCY_KEY = "Idempotency-Key";
  static final String CORRELATION_ID = "X-Correlation-ID";
  static final String CAUSATION_ID = "X-Causation-ID";

  private static final Pattern VISIBLE = Pattern.compile("[\\x21-\\x7e]{1,255}");
  private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,255}");
  private static final Pattern VERSION_TAG = Pattern.compile("\"([0-9]{1,18})\"");
  private static final Pattern TRACEPARENT =
      Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

  private final Function<String, @Nullable List<String>> headers;

  /**
   * @param headers the values of a header by its name
   */
  RequestHeaders(Function<String, @Nullable List<String>> headers) {
    this.headers = headers;
  }

  private @Nullable String single(String name) {
    List<String> values = headers.apply(name);
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
    require("application/json", "A command is");
  }

  void requireNdjson() {
    require(NdjsonReply.MEDIA_TYPE, "Commands are");
  }

  private void require(String mediaType, String subject) {
    String type = single(HttpHeaders.CONTENT_TYPE);
    String plain = type == null ? "" : type.replace(" ", "").toLowerCase(Locale.ROOT);
    if (!plain.equals(mediaType)
        && !plain.equals(mediaType + ";charset=utf-8")
        && !plain.equals(mediaType + ";charset=\"utf-8\"")) {
      throw new ProblemException(
          Problem.of(
              415,
              "unsupported-media-type",
              "The media type is not supported.",
              "%s sent with Content-Type: %s, in UTF-8.".formatted(subject, mediaType)));
    }
  }

  @Nullable String idempotencyKey() {
    return idempotencyKey(IDEMPOTENCY_KEY, single(IDEMPOTENCY_KEY));
  }

  /**
   * @param name how the sender calls it
   */
  static @Nullable String idempotencyKey(String name, @Nullable String key) {
    if (key != null && !KEY.matcher(key).matches()) {
      throw new ProblemException(
          Problem.invalid(name, "must be 1 to 255 visible ASCII characters"));
    }
    return key;
  }

  @Nullable Precondition precondition() {
    return precondition(
        HttpHeaders.IF_MATCH,
        single(HttpHeaders.IF_MATCH),
        HttpHeaders.IF_NONE_MATCH,
        single(HttpHeaders.IF_NONE_MATCH));
  }

  /**
   * RFC 9110, 13.1: one strong entity tag, or {@code *}. The version 0 is that of a stream without
   * events, so {@code If-Match: "0"} asks for the same as {@code If-None-Match: *}.
   */
  static @Nullable Precondition precondition(
      String matchName, @Nullable String match, String noneMatchName, @Nullable String noneMatch) {
    if (match != null && noneMatch != null) {
      throw new ProblemException(
          Problem.invalid(matchName, "and " + noneMatchName + " must not be sent together"));
    }
    if (noneMatch != null) {
      if (!noneMatch.equals("*")) {
        throw new ProblemException(
            Problem.invalid(noneMatchName, "must be *: the stream must not exist yet"));
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
          Problem.invalid(matchName, "must be * or one ETag of this stream, such as \"3\""));
    }
    return new Precondition.Version(Long.parseLong(tag.group(1)));
  }

  EventMetadata metadata() {
    String correlation = correlation(CORRELATION_ID, single(CORRELATION_ID));
    return new EventMetadata(
        correlation == null ? UUID.randomUUID().toString() : correlation,
        correlation(CAUSATION_ID, single(CAUSATION_ID)),
        null,
        traceparent());
  }

  static @Nullable String correlation(String name, @Nullable String correlation) {
    if (correlation != null && !VISIBLE.matcher(correlation).matches()) {
      throw new ProblemException(
          Problem.invalid(name, "must be 1 to 255 visible ASCII characters"));
    }
    return correlation;
  }

  /** Our own span where tracing is on, else the sender's; a malformed one is ignored (W3C, 3.2). */
  private @Nullable String traceparent() {
    SpanContext span = Span.current().getSpanContext();
    if (span.isValid()) {
      return "00-%s-%s-%s"
          .formatted(span.getTraceId(), span.getSpanId(), span.getTraceFlags().asHex());
    }
    List<String> sent = headers.apply("traceparent");
    return sent != null && sent.size() == 1 && TRACEPARENT.matcher(sent.getFirst()).matches()
        ? sent.getFirst()
        : null;
  }
}
