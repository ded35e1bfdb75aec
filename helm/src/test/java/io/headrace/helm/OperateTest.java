package io.headrace.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table of values in docs/operate.md is the schema's. */
class OperateTest {

  private static final Path GUIDE = Path.of("../docs/operate.md");
  private static final String BEGIN =
      "<!-- values: made from values.schema.json by `make chart-docs` -->\n";
  private static final String END = "<!-- end of values -->\n";

  private final JsonObject values = Chart.read(Chart.ROOT.resolve("values.yaml"));

  @Test
  void the_guide_has_every_value_with_its_default() throws Exception {
    String guide = Files.readString(GUIDE);
    int begin = guide.indexOf(BEGIN) + BEGIN.length();
    int end = guide.indexOf(END);
    assertThat(guide).contains(BEGIN, END);
    String table = table();
    if (Boolean.getBoolean("headrace.docs.write")) {
      Files.writeString(GUIDE, guide.substring(0, begin) + table + guide.substring(end));
    } else {
      assertThat(guide.substring(begin, end))
          .as("`make chart-docs` writes the table anew")
          .isEqualTo(table);
    }
  }

  @Test
  void every_value_has_a_default_and_every_default_is_in_the_schema() throws Exception {
    List<String> described = new ArrayList<>();
    rows(schema(), "", values).forEach(row -> described.add(row.path()));
    List<String> given = new ArrayList<>();
    leaves(values, "", described, given);

    assertThat(described).contains("commandService.resources").containsAll(given);
  }

  private record Row(String path, String text, String value) {}

  private String table() throws Exception {
    return rows(schema(), "", values).stream()
        .map(row -> "| `%s` | %s | %s |".formatted(row.path(), row.value(), row.text()))
        .collect(
            Collectors.joining("\n", "| Value | Default | Meaning |\n| --- | --- | --- |\n", "\n"));
  }

  private static JsonObject schema() throws Exception {
    return JsonParser.parseString(Files.readString(Chart.ROOT.resolve("values.schema.json")))
        .getAsJsonObject();
  }

  /** A row for each value that is no group of others. */
  private static List<Row> rows(JsonObject schema, String path, JsonElement defaults) {
    List<Row> rows = new ArrayList<>();
    for (Map.Entry<String, JsonElement> each : schema.getAsJsonObject("properties").entrySet()) {
      String key = path + each.getKey();
      JsonObject property = each.getValue().getAsJsonObject();
      JsonElement value = defaults == null ? null : defaults.getAsJsonObject().get(each.getKey());
      if (property.has("properties") && !each.getKey().equals("resources")) {
        rows.addAll(rows(property, key + ".", value));
      } else if (namesEach(property) && !each.getKey().equals("envSecrets")) {
        rows.add(new Row(key, text(property), value == null ? "" : code(value)));
        rows.addAll(rows(property.getAsJsonObject("additionalProperties"), key + ".<name>.", null));
      } else if (!key.equals("global")) {
        rows.add(new Row(key, text(property), value == null ? "" : code(value)));
      }
    }
    return rows;
  }

  /** Whether it is a map of groups, by names that the operator chooses. */
  private static boolean namesEach(JsonObject property) {
    return property.get("additionalProperties") instanceof JsonObject each
        && each.has("properties");
  }

  private static String text(JsonObject property) {
    String text = property.get("description").getAsString();
    JsonElement choices = property.get("enum");
    return (choices == null
            ? text
            : text
                + choices.getAsJsonArray().asList().stream()
                    .map(choice -> "`" + choice.getAsString() + "`")
                    .collect(Collectors.joining(", ", " One of ", ".")))
        .replace("|", "\\|");
  }

  private static String code(JsonElement value) {
    if (value.isJsonPrimitive()) {
      return value.getAsString().isEmpty() ? "" : "`" + value.getAsString() + "`";
    }
    return "`" + value.toString().replace("\"", "").replace(",", ", ") + "`";
  }

  private static void leaves(
      JsonElement value, String path, List<String> described, List<String> into) {
    for (Map.Entry<String, JsonElement> each : value.getAsJsonObject().entrySet()) {
      String key = path + each.getKey();
      if (each.getValue().isJsonObject() && !described.contains(key)) {
        leaves(each.getValue(), key + ".", described, into);
      } else {
        into.add(key);
      }
    }
  }
}
