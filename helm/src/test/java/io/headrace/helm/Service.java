package io.headrace.helm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a service reads from its environment, by its sources and by the documentation.
 *
 * @param name as its folder is called
 */
record Service(String name) {

  static final List<Service> ALL =
      Stream.of("command-service", "query-service", "outbox-relay", "projection-worker")
          .map(Service::new)
          .toList();

  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern ROW = Pattern.compile("\\| `([A-Z0-9_<>]+)` \\|([^|]*)\\|.*");
  private static final Pattern EXPRESSION = Pattern.compile("\\$\\{([a-z0-9.-]+)");
  private static final Pattern MAPPING =
      Pattern.compile("@ConfigMapping\\(prefix = \"([a-z.-]+)\"\\)");
  private static final Pattern KEY =
      Pattern.compile("^ +([A-Za-z<>@, ]+) ([a-z][A-Za-z]*)\\(\\);", Pattern.MULTILINE);

  static Service named(String name) {
    return ALL.stream().filter(each -> each.name.equals(name)).findFirst().orElseThrow();
  }

  /** The variables of its table, and those of every service, with their defaults. */
  Map<String, String> documented() {
    Map<String, String> variables = new TreeMap<>();
    boolean here = false;
    for (String line : read(REPOSITORY.resolve("docs/configuration.md")).lines().toList()) {
      if (line.startsWith("## ")) {
        here = line.equals("## " + name) || line.equals("## Every service");
      } else if (here) {
        Matcher row = ROW.matcher(line);
        if (row.matches()) {
          variables.put(row.group(1), row.group(2).strip().replace("`", ""));
        } else if (line.startsWith("- ")) {
          Pattern.compile("`((?:QUARKUS|KAFKA)_[A-Z0-9_]+)`")
              .matcher(line)
              .results()
              .forEach(each -> variables.put(each.group(1), ""));
        }
      }
    }
    return variables;
  }

  /** Headrace's own variables that its code or its properties ask for. */
  Set<String> read() {
    Set<String> keys = new TreeSet<>();
    EXPRESSION
        .matcher(read(folder().resolve("src/main/resources/application.properties")))
        .results()
        .forEach(each -> keys.add(each.group(1)));
    try (Stream<Path> sources = Files.walk(folder().resolve("src/main/java"))) {
      sources.filter(each -> each.toString().endsWith(".java")).forEach(each -> keys(each, keys));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Set<String> variables = new TreeSet<>();
    keys.forEach(each -> variables.add(variable(each)));
    return variables;
  }

  /** Every method of a mapping, nested ones below the method that leads to them. */
  private static void keys(Path source, Set<String> keys) {
    String text = read(source);
    Matcher mapping = MAPPING.matcher(text);
    if (mapping.find()) {
      String prefix = mapping.group(1);
      List<String> groups = new ArrayList<>(List.of(""));
      List<MatchResult> methods = KEY.matcher(text).results().toList();
      for (MatchResult method : methods) {
        if (text.contains("interface " + method.group(1).strip())) {
          groups.add(kebab(method.group(2)) + ".");
        }
      }
      for (MatchResult method : methods) {
        for (String group : groups) {
          keys.add(prefix + "." + group + kebab(method.group(2)));
          if (method.group(1).strip().startsWith("Map<")) {
            keys.add(prefix + "." + group + kebab(method.group(2)) + ".\"*\"");
          }
        }
      }
    }
  }

  long shutdownSeconds() {
    var properties = new Properties();
    try (var in =
        Files.newBufferedReader(folder().resolve("src/main/resources/application.properties"))) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String timeout = properties.getProperty("quarkus.shutdown.timeout").toUpperCase(Locale.ROOT);
    return Duration.parse(timeout.startsWith("PT") ? timeout : "PT" + timeout).toSeconds();
  }

  Path jar() {
    return folder().resolve("target/quarkus-app/quarkus-run.jar");
  }

  /** All Java of the service. */
  String sources() {
    var text = new StringBuilder();
    try (Stream<Path> sources = Files.walk(folder().resolve("src/main/java"))) {
      sources
          .filter(each -> each.toString().endsWith(".java"))
          .forEach(each -> text.append(read(each)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private Path folder() {
    return REPOSITORY.resolve(name);
  }

  static String variable(String key) {
    return key.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
  }

  private static String kebab(String method) {
    return method.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
