package io.headrace.events.contexts;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;

/**
 * Whether a changed schema still fits events and readers of the released one. Compatible: an
 * optional property more. Breaking: a property less, another type or shape, a property that becomes
 * required (older events lack it) or optional (older readers rely on it).
 */
final class SchemaCompatibility {

  private SchemaCompatibility() {}

  static Optional<String> breakage(JsonNode released, JsonNode changed) {
    return breakage("$", released, changed);
  }

  private static Optional<String> breakage(String path, JsonNode released, JsonNode changed) {
    if (released.isObject() && changed.isObject() && released.has("properties")) {
      for (JsonNode name : changed.path("required")) {
        if (!contains(released.path("required"), name)) {
          return Optional.of(path + ": " + name + " has become required");
        }
      }
      for (JsonNode name : released.path("required")) {
        if (!contains(changed.path("required"), name)) {
          return Optional.of(path + ": " + name + " is no longer always there");
        }
      }
    }
    if (!released.isObject() || !changed.isObject()) {
      return released.equals(changed)
          ? Optional.empty()
          : Optional.of(path + ": was " + released + ", is " + changed);
    }
    for (Map.Entry<String, JsonNode> field : released.properties()) {
      String name = field.getKey();
      if (name.equals("required") || name.equals("description")) {
        continue;
      }
      JsonNode other = changed.get(name);
      if (other == null) {
        return Optional.of(path + "." + name + " is gone");
      }
      Optional<String> inner = breakage(path + "." + name, field.getValue(), other);
      if (inner.isPresent()) {
        return inner;
      }
    }
    return Optional.empty();
  }

  private static boolean contains(JsonNode array, JsonNode element) {
    for (JsonNode each : array) {
      if (each.equals(element)) {
        return true;
      }
    }
    return false;
  }
}
