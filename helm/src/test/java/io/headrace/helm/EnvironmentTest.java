package io.headrace.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.headrace.helm.Chart.Pod;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The variables that the chart sets are those that the services read. */
class EnvironmentTest {

  private static final List<String> MATRIX = Chart.MATRIX;

  @ParameterizedTest
  @FieldSource("MATRIX")
  void a_service_knows_every_variable_that_it_is_given(String values) {
    List<JsonObject> resources = Chart.resources(values);
    for (Pod pod : Chart.pods(resources)) {
      if (!pod.id().startsWith("Pod/")) {
        Service service = service(pod);
        Set<String> documented = service.documented().keySet();
        Set<String> read = service.read();
        for (String variable : variables(resources, pod)) {
          if (variable.startsWith("HEADRACE_")) {
            assertThat(read).as("%s reads %s", service, variable).anyMatch(matches(variable));
          }
          assertThat(documented)
              .as("docs/configuration.md has %s for %s", variable, service)
              .anyMatch(each -> matches(variable).test(each) || security(variable));
        }
      }
    }
  }

  @ParameterizedTest
  @FieldSource("MATRIX")
  void a_service_is_given_every_variable_whose_default_suits_the_local_stack_only(String values) {
    List<JsonObject> resources = Chart.resources(values);
    for (Pod pod : Chart.pods(resources)) {
      if (pod.id().startsWith("Deployment/")) {
        Service service = service(pod);
        Set<String> required =
            service.documented().entrySet().stream()
                .filter(
                    each ->
                        each.getValue().matches(".*(localhost|15432|19092).*")
                            || each.getKey().endsWith("_PASSWORD")
                            || each.getKey().endsWith("_USER")
                            || each.getKey().endsWith("_KEYS"))
                .map(Map.Entry::getKey)
                .filter(each -> !each.startsWith("HEADRACE_MIGRATION_"))
                .collect(Collectors.toSet());
        assertThat(required).as(service.name()).hasSizeGreaterThan(3);
        assertThat(variables(resources, pod)).as(pod.id()).containsAll(required);
      }
    }
  }

  /** The documentation has these as one: {@code KAFKA_SSL_…}. */
  private static boolean security(String variable) {
    return variable.startsWith("KAFKA_SSL_");
  }

  private static Predicate<String> matches(String variable) {
    return each ->
        each.equals(variable)
            || each.contains("__<NAME>_")
                && variable.startsWith(each.substring(0, each.indexOf("<NAME>")))
            // "*" in a mapping: any key.
            || each.endsWith("____") && variable.startsWith(each.substring(0, each.length() - 2));
  }

  private static Service service(Pod pod) {
    String image = pod.containers().findFirst().orElseThrow().get("image").getAsString();
    return Service.ALL.stream()
        .filter(each -> image.contains("headrace/" + each.name()))
        .findFirst()
        .orElseThrow();
  }

  private static Set<String> variables(List<JsonObject> resources, Pod pod) {
    Set<String> names = new TreeSet<>();
    pod.containers()
        .forEach(
            container -> {
              for (JsonElement each : container.getAsJsonArray("env")) {
                assertThat(names.add(each.getAsJsonObject().get("name").getAsString())).isTrue();
              }
              if (container.has("envFrom")) {
                for (JsonElement each : container.getAsJsonArray("envFrom")) {
                  String map = Chart.at(each, "configMapRef/name").getAsString();
                  names.addAll(
                      Chart.named(resources, "ConfigMap", map).getAsJsonObject("data").keySet());
                }
              }
            });
    return names;
  }
}
