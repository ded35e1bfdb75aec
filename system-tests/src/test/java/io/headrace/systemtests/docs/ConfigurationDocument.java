package io.headrace.systemtests.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tables of {@code docs/configuration.md}, by the heading that they stand under. */
final class ConfigurationDocument {

  /** A row: the variable, and the default in code quotes or nothing. */
  private static final Pattern ROW =
      Pattern.compile("\\| `([A-Z][A-Z0-9_]*(?:<NAME>_)?)` \\| (?:`([^`]*)`)? ?\\|.*");

  private static final String HEADING = "## ";

  private final Map<String, Map<String, String>> tables = new TreeMap<>();

  private ConfigurationDocument(List<String> lines) {
    String heading = "";
    for (String line : lines) {
      if (line.startsWith(HEADING)) {
        heading = line.substring(HEADING.length());
      }
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        String before =
            tables
                .computeIfAbsent(heading, _ -> new TreeMap<>())
                .put(row.group(1), row.group(2) == null ? ConfigurationKeys.NONE : row.group(2));
        if (before != null) {
          throw new IllegalStateException("%s is there twice: %s".formatted(heading, row.group(1)));
        }
      } else if (line.startsWith("| `")) {
        throw new IllegalStateException("not a row of variable, default, …: " + line);
      }
    }
  }

  static ConfigurationDocument read(Path file) throws IOException {
    return new ConfigurationDocument(Files.readAllLines(file));
  }

  /** The defaults by variable. */
  Map<String, String> table(String heading) {
    return tables.getOrDefault(heading, Map.of());
  }
}
