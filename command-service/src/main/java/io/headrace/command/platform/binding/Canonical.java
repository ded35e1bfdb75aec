package io.headrace.command.platform.binding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.TreeMap;

/** One way to write a JSON value: members sorted by name, no white space. */
final class Canonical {

  static final ObjectWriter WRITER = new JsonMapper().writer();

  private Canonical() {}

  static JsonNode sorted(JsonNode node) {
    return switch (node) {
      case ObjectNode object -> {
        var members = new TreeMap<String, JsonNode>();
        object.properties().forEach(e -> members.put(e.getKey(), sorted(e.getValue())));
        ObjectNode sorted = JsonNodeFactory.instance.objectNode();
        members.forEach(sorted::set);
        yield sorted;
      }
      case ArrayNode array -> {
        ArrayNode sorted = JsonNodeFactory.instance.arrayNode(array.size());
        array.forEach(element -> sorted.add(sorted(element)));
        yield sorted;
      }
      default -> node;
    };
  }
}
