package io.headrace.helm;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.marcnuri.helm.Helm;
import io.headrace.helm.stub.ResourceType;
import io.headrace.helm.stub.StubCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The chart beside this module, rendered by Helm itself. */
final class Chart {

  static final Path ROOT = Path.of("headrace").toAbsolutePath();

  /** Helm takes an old one by itself, and the chart refuses that. */
  static final String KUBERNETES = "1.35.0";

  /** The combinations that every rule about the chart has to hold in. */
  static final List<String> MATRIX =
      List.of(
          "existing",
          "everything",
          "operators",
          "dev",
          "queries-only",
          "views-only",
          "tls",
          "contexts",
          "contexts-operators");

  private static final Gson GSON = new Gson();

  /** Helm as a library looks up what the templates ask for even when it only renders. */
  static final StubCluster CLUSTER = cluster();

  /** Helm as a library leaves hooks and tests out of what it renders, and with them the Jobs. */
  private static final String HOOK = "helm.sh/hook";

  private static final String SHOWN = "shown.helm.sh/hook";
  private static final Path RENDERED_FROM = withHooksShown();
  private static final Map<String, List<JsonObject>> RENDERED = new ConcurrentHashMap<>();

  private Chart() {}

  /** A copy whose hooks Helm takes for ordinary resources. */
  private static Path withHooksShown() {
    try (Stream<Path> files = Files.walk(ROOT)) {
      Path copy = Files.createTempDirectory(Path.of("target"), "chart").toAbsolutePath();
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path to = copy.resolve(ROOT.relativize(file));
        Files.createDirectories(to.getParent());
        Files.writeString(to, Files.readString(file).replace(HOOK, SHOWN));
      }
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static StubCluster cluster() {
    try {
      var cluster = new StubCluster(ResourceType.KUBERNETES);
      Files.writeString(Path.of(System.getenv("KUBECONFIG")), cluster.kubeconfig());
      return cluster;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path values(String name) {
    return name.equals("dev")
        ? ROOT.resolve("values-dev.yaml")
        : Path.of("src/test/resources/values", name + ".yaml").toAbsolutePath();
  }

  /** The resources of one combination, hooks and tests included. */
  static List<JsonObject> resources(String name) {
    return RENDERED.computeIfAbsent(name, each -> parse(render(each, "")));
  }

  /**
   * @param more further values as YAML, over those of the combination
   * @throws IllegalStateException if Helm refuses, with what it says
   */
  static String render(String name, String more) {
    try {
      Path file = Files.createTempFile("values", ".yaml");
      try {
        // The matrix is about operators and Secrets that this cluster does not have.
        Files.writeString(
            file, more.contains("checkSecrets") ? more : "checkSecrets: false\n" + more);
        return new Helm(RENDERED_FROM)
            .template()
            .withName("hr")
            .withNamespace("shop")
            .withKubeVersion(KUBERNETES)
            .withValuesFile(values(name))
            .withValuesFile(file)
            .call()
            .replace(SHOWN, HOOK);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<JsonObject> parse(String yaml) {
    List<JsonObject> resources = new ArrayList<>();
    yaml()
        .loadAll(yaml)
        .forEach(
            each -> {
              if (each != null) {
                resources.add(GSON.toJsonTree(each).getAsJsonObject());
              }
            });
    return List.copyOf(resources);
  }

  static Yaml yaml() {
    return new Yaml(new SafeConstructor(new LoaderOptions()));
  }

  static JsonObject read(Path file) {
    try {
      return GSON.toJsonTree(yaml().<Object>load(Files.readString(file))).getAsJsonObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String kind(JsonObject resource) {
    return resource.get("kind").getAsString();
  }

  static String name(JsonObject resource) {
    return resource.getAsJsonObject("metadata").get("name").getAsString();
  }

  static String id(JsonObject resource) {
    return kind(resource) + "/" + name(resource);
  }

  static List<JsonObject> ofKind(List<JsonObject> resources, String kind) {
    return resources.stream().filter(each -> kind(each).equals(kind)).toList();
  }

  static JsonObject named(List<JsonObject> resources, String kind, String name) {
    return ofKind(resources, kind).stream()
        .filter(each -> name(each).equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no %s/%s".formatted(kind, name)));
  }

  /** A place below, by the names of objects and the numbers of arrays; null if it is not there. */
  static JsonElement at(JsonElement element, String path) {
    JsonElement here = element;
    for (String step : path.split("/")) {
      if (here == null || here.isJsonNull()) {
        return null;
      }
      here =
          here.isJsonArray()
              ? here.getAsJsonArray().get(Integer.parseInt(step))
              : here.getAsJsonObject().get(step);
    }
    return here;
  }

  /** The pods that the resources make: each one's spec, called after what makes it. */
  static List<Pod> pods(List<JsonObject> resources) {
    return resources.stream()
        .map(
            each ->
                switch (kind(each)) {
                  case "Deployment", "Job" ->
                      new Pod(
                          each,
                          at(each, "spec/template/metadata").getAsJsonObject(),
                          at(each, "spec/template/spec").getAsJsonObject());
                  case "Pod" ->
                      new Pod(each, each.getAsJsonObject("metadata"), each.getAsJsonObject("spec"));
                  default -> null;
                })
        .filter(Objects::nonNull)
        .toList();
  }

  record Pod(JsonObject owner, JsonObject metadata, JsonObject spec) {

    String id() {
      return Chart.id(owner);
    }

    Stream<JsonObject> containers() {
      return StreamSupport.stream(spec.getAsJsonArray("containers").spliterator(), false)
          .map(JsonElement::getAsJsonObject);
    }
  }
}
