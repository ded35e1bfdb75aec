package io.headrace.query.platform.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** How an export writes rows. Every line is whole: a reader can take line by line. */
sealed interface RowFormat {

  /** The parameter of a request, and the end of a file's name. */
  String name();

  String mediaType();

  /** What comes before the rows. */
  String head();

  /** One row, with its line break. */
  String line(Object representation) throws JsonProcessingException;

  /** The last line of an export that broke: not to be mistaken for a row, and for no program's. */
  String broken(String why);

  /** One JSON object a line. */
  record Ndjson(ObjectMapper json, Optional<Set<String>> fields) implements RowFormat {

    @Override
    public String name() {
      return "ndjson";
    }

    @Override
    public String mediaType() {
      return "application/x-ndjson";
    }

    @Override
    public String head() {
      return "";
    }

    @Override
    public String line(Object representation) throws JsonProcessingException {
      if (fields.isEmpty()) {
        return json.writeValueAsString(representation) + '\n';
      }
      ObjectNode object = json.valueToTree(representation);
      object.retain(fields.get());
      return json.writeValueAsString(object) + '\n';
    }

    @Override
    public String broken(String why) {
      var error = json.createObjectNode().put("detail", why);
      return json.createObjectNode().set("_error", error).toString() + '\n';
    }
  }

  /**
   * RFC 4180 with a header. A member that is an object of fixed members (an amount with its
   * currency) becomes a column for each, {@code total.amount}; a list stays JSON.
   */
  final class Csv implements RowFormat {

    private static final String LINE_END = "\r\n";

    private final ObjectMapper json;
    private final List<List<String>> columns = new ArrayList<>();

    Csv(ObjectMapper json, Class<?> representation, Optional<Set<String>> fields) {
      this.json = json;
      add(List.of(), json.constructType(representation));
      fields.ifPresent(it -> columns.removeIf(column -> !it.contains(column.getFirst())));
    }

    private void add(List<String> path, JavaType type) {
      for (var member : members(type)) {
        var column = new ArrayList<>(path);
        column.add(member.getName());
        if (member.getPrimaryType().getRawClass().isRecord()) {
          add(column, member.getPrimaryType());
        } else {
          columns.add(List.copyOf(column));
        }
      }
    }

    private List<BeanPropertyDefinition> members(JavaType type) {
      return json.getSerializationConfig().introspect(type).findProperties();
    }

    @Override
    public String name() {
      return "csv";
    }

    @Override
    public String mediaType() {
      return "text/csv;charset=utf-8;header=present";
    }

    @Override
    public String head() {
      return columns.stream()
          .map(it -> quoted(String.join(".", it)))
          .collect(Collectors.joining(",", "", LINE_END));
    }

    @Override
    public String line(Object representation) throws JsonProcessingException {
      JsonNode row = json.valueToTree(representation);
      var line = new StringBuilder();
      for (int i = 0; i < columns.size(); i++) {
        if (i > 0) {
          line.append(',');
        }
        var cell = row;
        for (var name : columns.get(i)) {
          cell = cell.path(name);
        }
        if (cell.isContainerNode()) {
          line.append(quoted(json.writeValueAsString(cell)));
        } else {
          line.append(quoted(cell.asText("")));
        }
      }
      return line.append(LINE_END).toString();
    }

    // An odd quote: no reader of CSV takes the file for a whole one.
    @Override
    public String broken(String why) {
      return "\"EXPORT INCOMPLETE: " + why;
    }

    private static String quoted(String text) {
      return text.chars().anyMatch(it -> it == ',' || it == '"' || it == '\r' || it == '\n')
          ? '"' + text.replace("\"", "\"\"") + '"'
          : text;
    }
  }
}
