package io.headrace.images;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What Quarkus tells native-image about one service: all of it but the compilation itself.
 *
 * @param reflection the entries for reflection by the class's name
 * @param resources the patterns of the resources that the binary holds
 * @param feature what is told in code; its strings are names of classes
 * @param arguments native-image's own
 */
record NativeSources(
    String service,
    Map<String, JsonNode> reflection,
    List<Pattern> resources,
    String feature,
    String arguments,
    List<Path> libraries) {

  private static final ObjectMapper JSON = new ObjectMapper();

  static NativeSources of(String service) {
    Path folder = Checkout.ROOT.resolve(service).resolve("target/native-sources");
    assertThat(folder)
        .as(
            "\"make test\" writes it first: package -Dquarkus.native.enabled -Dquarkus.native.sources-only")
        .isDirectory();
    try (Stream<Path> jars = Files.list(folder.resolve("lib"));
        Stream<Path> runners = Files.list(folder)) {
      Path runner =
          runners.filter(each -> each.toString().endsWith("-runner.jar")).findFirst().orElseThrow();
      try (JarFile jar = new JarFile(runner.toFile())) {
        Map<String, JsonNode> reflection = new HashMap<>();
        for (JsonNode each : json(jar, "META-INF/native-image/reflect-config.json")) {
          reflection.put(each.get("name").asText(), each);
        }
        List<Pattern> resources = new ArrayList<>();
        for (JsonNode each :
            json(jar, "META-INF/native-image/resource-config.json").at("/resources/includes")) {
          resources.add(Pattern.compile(each.get("pattern").asText()));
        }
        return new NativeSources(
            service,
            reflection,
            resources,
            new String(bytes(jar, "io/quarkus/runner/Feature.class"), "ISO-8859-1"),
            Files.readString(folder.resolve("native-image.args")),
            Stream.concat(Stream.of(runner), jars.sorted()).toList());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether instances can be made and all members be found by reflection. */
  boolean isWhole(String type) {
    JsonNode entry = reflection.get(type);
    return entry != null
        && Stream.of("allDeclaredConstructors", "allDeclaredMethods", "allDeclaredFields")
            .allMatch(each -> entry.path(each).asBoolean());
  }

  /** Whether it can be made by its name. */
  boolean isMadeByName(String type) {
    JsonNode entry = reflection.get(type);
    return entry != null
        && (entry.path("allDeclaredConstructors").asBoolean()
            || entry.path("methods").findValuesAsText("name").contains("<init>"));
  }

  boolean hasResource(String name) {
    return resources.stream().anyMatch(each -> each.matcher(name).matches());
  }

  /** Every entry of the libraries that has such a name, with its content. */
  Map<String, String> entries(Predicate<String> name) {
    Map<String, String> found = new TreeMap<>();
    for (Path library : libraries) {
      try (JarFile jar = new JarFile(library.toFile())) {
        for (JarEntry entry : jar.stream().filter(each -> name.test(each.getName())).toList()) {
          found.put(entry.getName(), new String(bytes(jar, entry.getName()), "UTF-8"));
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return found;
  }

  /** The names of all classes that the binary may hold. */
  Set<String> classes() {
    Set<String> names = new HashSet<>();
    for (Path library : libraries) {
      try (JarFile jar = new JarFile(library.toFile())) {
        jar.stream()
            .map(JarEntry::getName)
            .filter(each -> each.endsWith(".class"))
            .map(each -> each.substring(0, each.length() - 6).replace('/', '.'))
            .forEach(names::add);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return names;
  }

  private static JsonNode json(JarFile jar, String name) throws IOException {
    return JSON.readTree(bytes(jar, name));
  }

  private static byte[] bytes(JarFile jar, String name) throws IOException {
    try (InputStream in = jar.getInputStream(jar.getJarEntry(name))) {
      return in.readAllBytes();
    }
  }
}
