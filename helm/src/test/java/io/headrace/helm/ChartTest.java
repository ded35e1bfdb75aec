package io.headrace.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.marcnuri.helm.Helm;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import io.kubernetes.client.util.ModelMapper;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What the chart renders is what Kubernetes and the operators understand. */
class ChartTest {

  private static final List<String> MATRIX = Chart.MATRIX;
  private static final Path SCHEMAS =
      Path.of(System.getProperty("headrace.shared", "../../shared"), "data", "crd-schemas");

  @Test
  void the_chart_is_free_of_lint() {
    var result = new Helm(Chart.ROOT).lint().strict().quiet().call();

    assertThat(result.isFailed()).as(String.join("\n", result.getMessages())).isFalse();
  }

  @ParameterizedTest
  @FieldSource("MATRIX")
  void core_resources_have_no_unknown_and_no_missing_field(String values) throws Exception {
    List<String> faults = new ArrayList<>();
    int checked = 0;
    for (JsonObject resource : Chart.resources(values)) {
      Class<?> model = model(resource);
      if (model != null) {
        checked++;
        String fault = fault(model, resource);
        if (fault != null) {
          faults.add(Chart.id(resource) + ": " + fault);
        }
      } else {
        assertThat(resource.get("apiVersion").getAsString())
            .as("a resource of Kubernetes itself has a model")
            .contains(".")
            .doesNotEndWith(".k8s.io/v1beta1");
      }
    }
    assertThat(faults).isEmpty();
    assertThat(checked).isGreaterThan(3);
  }

  @ParameterizedTest
  @FieldSource("MATRIX")
  void custom_resources_are_as_their_operators_define_them(String values) throws IOException {
    Assumptions.assumeTrue(
        Files.isDirectory(SCHEMAS),
        () -> "The schemas of custom resources are not at " + SCHEMAS.toAbsolutePath());
    var json = new ObjectMapper();
    var schemas = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
    List<String> faults = new ArrayList<>();
    for (JsonObject resource : Chart.resources(values)) {
      if (model(resource) == null) {
        String[] api = resource.get("apiVersion").getAsString().split("/");
        Path file =
            SCHEMAS
                .resolve(api[0])
                .resolve(Chart.kind(resource).toLowerCase(Locale.ROOT) + "_" + api[1] + ".json");
        assertThat(file).exists();
        JsonSchema schema = schemas.getSchema(Files.readString(file));
        for (ValidationMessage message : schema.validate(json.readTree(resource.toString()))) {
          faults.add(Chart.id(resource) + ": " + message.getMessage());
        }
      }
    }
    assertThat(faults).isEmpty();
  }

  @Test
  void each_kind_of_custom_resource_is_rendered_by_some_values() {
    Set<String> kinds = new TreeSet<>();
    MATRIX.forEach(values -> Chart.resources(values).forEach(each -> kinds.add(Chart.kind(each))));

    assertThat(kinds)
        .contains(
            "BackendTrafficPolicy",
            "Cluster",
            "HTTPRoute",
            "Kafka",
            "KafkaNodePool",
            "KafkaTopic",
            "KafkaUser",
            "PodMonitor",
            "PrometheusRule",
            "ScaledObject",
            "SecurityPolicy",
            "ServiceMonitor");
  }

  @ParameterizedTest
  @FieldSource("MATRIX")
  void names_are_unique_and_short_enough_for_a_label(String values) {
    List<String> ids = Chart.resources(values).stream().map(Chart::id).toList();

    assertThat(ids).doesNotHaveDuplicates();
    Chart.resources(values)
        .forEach(each -> assertThat(Chart.name(each)).as(Chart.id(each)).hasSizeLessThan(64));
  }

  @ParameterizedTest
  @FieldSource("MATRIX")
  void a_selector_finds_the_pods_that_it_is_meant_for(String values) {
    List<JsonObject> resources = Chart.resources(values);
    for (JsonObject service : Chart.ofKind(resources, "Service")) {
      JsonObject selector = Chart.at(service, "spec/selector").getAsJsonObject();
      assertThat(
              Chart.ofKind(resources, "Deployment").stream()
                  .filter(each -> has(Chart.at(each, "spec/template/metadata/labels"), selector))
                  .map(Chart::name))
          .as(Chart.id(service))
          .containsExactly(Chart.name(service));
    }
    for (JsonObject deployment : Chart.ofKind(resources, "Deployment")) {
      JsonObject selector = Chart.at(deployment, "spec/selector/matchLabels").getAsJsonObject();
      assertThat(
              Chart.pods(resources).stream()
                  .filter(pod -> has(pod.metadata().get("labels"), selector))
                  .map(Chart.Pod::id))
          .as("no other pod is taken for one of " + Chart.name(deployment))
          .containsExactly(Chart.id(deployment));
    }
  }

  private static boolean has(JsonElement labels, JsonObject wanted) {
    return labels != null && labels.getAsJsonObject().entrySet().containsAll(wanted.entrySet());
  }

  private static Class<?> model(JsonObject resource) {
    String api = resource.get("apiVersion").getAsString();
    int slash = api.indexOf('/');
    return ModelMapper.preBuiltGetApiTypeClass(
        slash < 0 ? "" : api.substring(0, slash), api.substring(slash + 1), Chart.kind(resource));
  }

  private static String fault(Class<?> model, JsonObject resource) throws Exception {
    try {
      model.getMethod("validateJsonElement", JsonElement.class).invoke(null, resource);
      return null;
    } catch (InvocationTargetException e) {
      return e.getCause().getMessage();
    }
  }
}
