package io.headrace.query.platform.read;

import io.headrace.events.platform.ConsistencyToken;
import io.headrace.events.platform.ConsistencyTokens;
import io.quarkus.arc.Arc;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the request at hand wants to see, and how long it is willing to wait: header {@value
 * #HEADER}, or query parameter {@value #PARAMETER} for links, each with one token or several,
 * separated by commas; and {@code Prefer: wait=<seconds>} and {@code handling=lenient} (RFC 7240).
 */
@ApplicationScoped
public class RequestedConsistency {

  public static final String HEADER = "Consistency-Token";
  public static final String PARAMETER = "consistency";

  private static final String PREFER = "Prefer";
  private static final String APPLIED = "Preference-Applied";

  private final ConsistencyConfig config;
  private final ConsistencyTokens tokens;
  private final CurrentVertxRequest current;

  RequestedConsistency(ConsistencyConfig config, CurrentVertxRequest current) {
    this.config = config;
    this.tokens = new ConsistencyTokens(config.keys());
    this.current = current;
  }

  /**
   * @param tokens at least one
   * @param patience how long to wait
   * @param lenient whether an answer that is behind is better than none
   */
  record Asked(List<ConsistencyToken> tokens, Duration patience, boolean lenient) {}

  /**
   * Empty if the request carries no token, or if there is no request.
   *
   * @throws InvalidTokenException if it carries what is none
   */
  Optional<Asked> asked() {
    if (!Arc.requireContainer().requestContext().isActive()) {
      return Optional.empty();
    }
    var request = current.getCurrent();
    if (request == null) {
      return Optional.empty();
    }
    var found = new ArrayList<ConsistencyToken>();
    read(HEADER, request.request().headers().getAll(HEADER), found);
    if (request.request().query() != null) { // Most have none, and need not be parsed.
      read(PARAMETER, request.queryParam(PARAMETER), found);
    }
    return found.isEmpty() ? Optional.empty() : Optional.of(preferring(request, found));
  }

  private void read(String field, List<String> values, List<ConsistencyToken> into) {
    for (var value : values) {
      for (var text : value.split(",", -1)) {
        if (text.isBlank()) {
          continue; // An empty element of a list is no element (RFC 9110, 5.6.1).
        }
        if (into.size() == config.maxTokens()) {
          throw new InvalidTokenException(
              field, "at most %d consistency tokens".formatted(config.maxTokens()));
        }
        into.add(
            tokens
                .decode(text.strip())
                .orElseThrow(
                    () ->
                        new InvalidTokenException(
                            field, "what the answer to a command had in Consistency-Token")));
      }
    }
  }

  private Asked preferring(RoutingContext request, List<ConsistencyToken> found) {
    @Nullable Duration wait = null;
    boolean lenient = false;
    for (var value : request.request().headers().getAll(PREFER)) {
      for (var preference : value.split(",", -1)) {
        // Parameters of a preference follow a semicolon; none is defined for ours. Whatever is not
        // understood is ignored, as RFC 7240 has it.
        var parts = preference.split(";", 2)[0].split("=", 2);
        var given = parts.length == 1 ? "" : parts[1].strip().replace("\"", "");
        switch (parts[0].strip().toLowerCase(Locale.ROOT)) {
          case "wait" -> wait = wait == null ? seconds(given) : wait; // The first one counts.
          case "handling" -> lenient |= given.equalsIgnoreCase("lenient");
          default -> {}
        }
      }
    }
    var applied = new ArrayList<String>();
    if (wait != null) {
      applied.add("wait=" + wait.toSeconds());
    }
    if (lenient) {
      applied.add("handling=lenient");
    }
    if (!applied.isEmpty() && !request.response().headWritten()) {
      request.response().putHeader(APPLIED, String.join(", ", applied));
    }
    return new Asked(List.copyOf(found), wait == null ? config.defaultWait() : wait, lenient);
  }

  private @Nullable Duration seconds(String text) {
    if (!text.matches("[0-9]{1,9}")) {
      return null;
    }
    var wanted = Duration.ofSeconds(Long.parseLong(text));
    return wanted.compareTo(config.maxWait()) > 0 ? config.maxWait() : wanted;
  }
}
