package io.headrace.command.platform.binding;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.Path;
import jakarta.validation.Validator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/** Binds and validates. Safe for use by many threads. */
@ApplicationScoped
public class CommandBinding {

  /** Deeper than any command, and shallow enough for every recursion. */
  private static final int MAX_DEPTH = 50;

  private static final int MAX_DIGITS = 100;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxNumberLength(MAX_DIGITS)
                          .build())
                  .build())
          .addModule(new JavaTimeModule())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  private final Validator validator;

  CommandBinding(Validator validator) {
    this.validator = validator;
  }

  /** Either a command or what is wrong. */
  public sealed interface Bound {

    record Command(Object command) implements Bound {}

    record Refused(List<FieldError> errors) implements Bound {}
  }

  /** Either JSON or what is wrong. */
  public sealed interface Parsed {

    record Json(JsonNode node) implements Parsed {}

    record Malformed(FieldError error) implements Parsed {}
  }

  /** Reads exactly one JSON value in UTF-8 (RFC 8259), without duplicate names. */
  public Parsed parse(byte[] body) {
    if (body.length == 0) {
      return new Parsed.Malformed(new FieldError("", "is empty; it must be a JSON object"));
    }
    // Jackson would guess UTF-16 and UTF-32 from their zero bytes; in UTF-8 JSON there are none.
    for (int i = 0; i < Math.min(4, body.length); i++) {
      if (body[i] == 0) {
        return new Parsed.Malformed(new FieldError("", "must be encoded in UTF-8"));
      }
    }
    try {
      return new Parsed.Json(MAPPER.readTree(body));
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      String where =
          at == null ? "" : " (line %d, column %d)".formatted(at.getLineNr(), at.getColumnNr());
      return new Parsed.Malformed(
          new FieldError(
              "", "is not valid JSON" + where + ": " + firstLine(e.getOriginalMessage())));
    } catch (IOException e) {
      // CharConversionException and its like: bytes that are no UTF-8
      return new Parsed.Malformed(
          new FieldError("", "is not valid UTF-8: " + firstLine(e.getMessage())));
    }
  }

  private static String firstLine(String message) {
    // Jackson adds in brackets where a structure began, in words of its own settings.
    String line = message.lines().findFirst().orElse("").replaceFirst(" \\(.*$", "");
    return line.length() > 200 ? line.substring(0, 200) + "…" : line;
  }

  /**
   * @param id what a component marked {@code @AggregateId} takes
   * @param now what a component marked {@code @DefaultNow} takes where the body has none
   * @param tolerance how far ahead of {@code now} such a component may be
   */
  public Bound bind(
      Shape.RecordOf shape, JsonNode body, String id, Instant now, Duration tolerance) {
    var binder = new Binder(MAPPER, id, now, tolerance);
    Object command = binder.bind(shape, body);
    if (command == null) {
      return new Bound.Refused(binder.errors());
    }
    var violations = validator.validate(command);
    if (violations.isEmpty()) {
      return new Bound.Command(command);
    }
    return new Bound.Refused(
        violations.stream()
            .map(v -> new FieldError(path(v), v.getMessage()))
            .sorted(Comparator.comparing(FieldError::field).thenComparing(FieldError::message))
            .toList());
  }

  /** {@code lines[0].quantity}; Hibernate Validator says {@code lines[0].<list element>} too. */
  private static String path(ConstraintViolation<?> violation) {
    var path = new StringBuilder();
    for (Path.Node node : violation.getPropertyPath()) {
      if (node.isInIterable() && node.getIndex() != null) {
        path.append('[').append(node.getIndex()).append(']');
      }
      String name = node.getName();
      if (name != null && !name.startsWith("<")) {
        path.append(path.isEmpty() ? "" : ".").append(name);
      }
    }
    return path.toString();
  }

  /**
   * The same bytes for the same JSON value, whatever the order of its members and its white space:
   * what a request's fingerprint is made of.
   */
  public byte[] canonical(JsonNode node) {
    try {
      return Canonical.WRITER.writeValueAsBytes(Canonical.sorted(node));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
