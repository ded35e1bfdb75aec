package io.headrace.query.platform.http;

import io.headrace.query.platform.read.RequestedConsistency;
import io.headrace.query.platform.view.ValueType;
import jakarta.ws.rs.core.MultivaluedHashMap;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.UriInfo;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The query parameters of a request, of which only declared ones exist, each at most once. */
public final class QueryParameters {

  private static final int SHOWN = 80;

  private final MultivaluedMap<String, String> given;

  private QueryParameters(MultivaluedMap<String, String> given) {
    this.given = given;
  }

  /**
   * @throws ProblemException 400 if there is a parameter that is not allowed, or one twice
   */
  public static QueryParameters of(UriInfo uri, List<String> allowed) {
    return of(uri.getQueryParameters(), allowed);
  }

  /** The same, of parameters that are at hand. */
  static QueryParameters of(MultivaluedMap<String, String> given, List<String> allowed) {
    given.forEach(
        (name, values) -> {
          if (name.equals(RequestedConsistency.PARAMETER)) {
            return; // Every query may carry it, and it may have several.
          }
          if (!allowed.contains(name)) {
            throw new ProblemException(Problem.unknownParameter(shortened(name), allowed));
          }
          if (values.size() > 1) {
            throw new ProblemException(Problem.invalidParameter(name, "given at most once"));
          }
        });
    return new QueryParameters(given);
  }

  /** Parameters that did not come with a URI, and are known to be allowed. */
  static QueryParameters of(Map<String, String> given) {
    var parameters = new MultivaluedHashMap<String, String>();
    given.forEach(parameters::putSingle);
    return new QueryParameters(parameters);
  }

  /**
   * @throws ProblemException 400 if it is neither true nor false
   */
  boolean flag(String name) {
    return value(name, ValueType.BOOLEAN).map(Boolean.class::cast).orElse(false);
  }

  Optional<String> text(String name) {
    return Optional.ofNullable(given.getFirst(name));
  }

  /**
   * @throws ProblemException 400 if it is given and no such value
   */
  public Optional<Object> value(String name, ValueType type) {
    return text(name).map(value -> parse(name, type, value));
  }

  /**
   * @throws ProblemException 400 if it is missing, or no date
   */
  public LocalDate requiredDate(String name) {
    return value(name, ValueType.DATE)
        .map(LocalDate.class::cast)
        .orElseThrow(
            () ->
                new ProblemException(
                    Problem.invalidParameter(name, "given: " + ValueType.DATE.expected())));
  }

  /**
   * @throws ProblemException 400 if it is no such value
   */
  public static Object parse(String name, ValueType type, String value) {
    try {
      return type.read(value);
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          Problem.invalidParameter(
              name, type.expected(), type.allowed().isEmpty() ? null : type.allowed()));
    }
  }

  private static String shortened(String name) {
    return name.length() <= SHOWN ? name : name.substring(0, SHOWN) + "…";
  }
}
