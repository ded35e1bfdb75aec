package io.headrace.images;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** What {@code helm template} makes of the chart, as pods that podman can play. */
final class RenderedPods {

  private static final Path HELM = Checkout.ROOT.resolve("helm/target/helm4/helm/helm");
  private static final YAMLMapper YAML = new YAMLMapper(new YAMLFactory());

  /** Podman names what it makes after the pod; other pods of this machine are none of ours. */
  private static final String PREFIX = "headrace-play-";

  /**
   * A pod with the ConfigMaps that it reads.
   *
   * @param spec as it is rendered
   * @param playable as podman plays it
   */
  record Pod(String name, JsonNode spec, List<JsonNode> playable) {

    Path write(Path folder) throws IOException {
      Path file = folder.resolve(name + ".yaml");
      StringBuilder documents = new StringBuilder();
      for (JsonNode each : playable) {
        documents.append(YAML.writeValueAsString(each));
      }
      return Files.writeString(file, documents);
    }
  }

  private final List<JsonNode> resources;
  private final Map<String, String> passwords;
  private final List<String> volumes = new ArrayList<>();
  private final List<Pod> jobs;
  private final List<Pod> deployments;

  private RenderedPods(List<JsonNode> resources, Map<String, String> passwords) {
    this.resources = resources;
    this.passwords = passwords;
    this.jobs = ofKind("Job").stream().map(each -> pod(each, "Never")).toList();
    this.deployments = ofKind("Deployment").stream().map(each -> pod(each, "Always")).toList();
  }

  /**
   * @param values the operator's, as YAML
   * @param passwords what is in the Secrets that the values name
   */
  static RenderedPods of(String values, Map<String, String> passwords, Path folder)
      throws IOException {
    assertThat(HELM).as("make chart-test fetches it").isExecutable();
    Path file = Files.writeString(folder.resolve("values.yaml"), values);
    Path output = folder.resolve("rendered.yaml");
    Path errors = folder.resolve("rendered.log");
    Process helm =
        new ProcessBuilder(
                HELM.toString(),
                "template",
                "hr",
                Checkout.ROOT.resolve("helm/headrace").toString(),
                "--kube-version=1.34.0",
                "--values=" + file)
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    try {
      assertThat(helm.waitFor()).as(Files.readString(errors)).isZero();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
    try (var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(output.toFile())) {
      return new RenderedPods(
          documents.readAll().stream().filter(JsonNode::isObject).toList(), passwords);
    }
  }

  List<Pod> jobs() {
    return jobs;
  }

  List<Pod> deployments() {
    return deployments;
  }

  /** What podman keeps for the pods' own directories. */
  List<String> volumes() {
    return volumes;
  }

  private Pod pod(JsonNode owner, String restart) {
    String name = PREFIX + owner.at("/metadata/name").asText();
    JsonNode spec = owner.at("/spec/template/spec");
    ObjectNode playable = spec.deepCopy();
    playable.put("restartPolicy", restart);
    List<JsonNode> documents = new ArrayList<>();
    for (JsonNode each : playable.withArray("/containers")) {
      ObjectNode container = (ObjectNode) each;
      // On the machine's own network there are no ports to map, and there is no kubelet to probe.
      container.remove(List.of("ports", "startupProbe", "readinessProbe", "livenessProbe"));
      for (JsonNode source : container.path("envFrom")) {
        documents.add(named("ConfigMap", source.at("/configMapRef/name").asText()));
      }
      for (JsonNode variable : container.path("env")) {
        JsonNode reference = variable.at("/valueFrom/secretKeyRef");
        if (reference.isObject()) {
          ObjectNode plain = (ObjectNode) variable;
          plain.remove("valueFrom");
          plain.put("value", secret(reference));
        }
      }
      own(container.withArray("/volumeMounts"), name);
    }
    own(playable.withArray("/volumes"), name);
    playable.get("volumes").forEach(each -> volumes.add(each.get("name").asText()));
    ObjectNode pod = YAML.createObjectNode().put("apiVersion", "v1").put("kind", "Pod");
    pod.putObject("metadata").put("name", name);
    pod.set("spec", playable);
    documents.add(pod);
    return new Pod(name, spec, documents);
  }

  // Podman would give one volume to all pods whose directories have the same name.
  private static void own(ArrayNode named, String pod) {
    for (JsonNode each : named) {
      ((ObjectNode) each).put("name", pod + "-" + each.get("name").asText());
    }
  }

  private String secret(JsonNode reference) {
    String name = reference.get("name").asText();
    if (passwords.containsKey(name)) {
      return passwords.get(name);
    }
    String data = named("Secret", name).path("data").path(reference.get("key").asText()).asText();
    return new String(Base64.getDecoder().decode(data), StandardCharsets.UTF_8);
  }

  private List<JsonNode> ofKind(String kind) {
    return resources.stream().filter(each -> each.path("kind").asText().equals(kind)).toList();
  }

  private JsonNode named(String kind, String name) {
    return ofKind(kind).stream()
        .filter(each -> each.at("/metadata/name").asText().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("The chart renders no %s %s".formatted(kind, name)));
  }
}
