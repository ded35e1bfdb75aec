package io.headrace.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.headrace.events.contexts.ordering.OrderEvent;
import io.headrace.events.contexts.payment.PaymentEvent;
import io.headrace.events.contexts.review.ReviewEvent;
import io.headrace.events.contexts.shipping.ShipmentEvent;
import io.headrace.helm.Chart.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What holds of everything that the chart installs, whatever the values. */
class PolicyTest {

  private static final List<String> MATRIX = Chart.MATRIX;
  private static final long DRAIN_SECONDS = 3;

  private static final List<String> PROBES =
      List.of("startupProbe", "readinessProbe", "livenessProbe");

  @ParameterizedTest
  @FieldSource("MATRIX")
  void every_pod_keeps_to_the_restricted_standard(String values) {
    for (Pod pod : Chart.pods(Chart.resources(values))) {
      JsonObject spec = pod.spec();
      assertThat(text(spec, "securityContext/runAsNonRoot")).as(pod.id()).isEqualTo("true");
      assertThat(text(spec, "securityContext/runAsUser")).as(pod.id()).isEqualTo("65532");
      assertThat(text(spec, "securityContext/seccompProfile/type"))
          .as(pod.id())
          .isEqualTo("RuntimeDefault");
      assertThat(text(spec, "automountServiceAccountToken")).as(pod.id()).isEqualTo("false");
      assertThat(spec.keySet())
          .as(pod.id())
          .doesNotContain("hostNetwork", "hostPID", "hostIPC", "initContainers");
      for (JsonElement volume : spec.getAsJsonArray("volumes")) {
        Set<String> kind = new TreeSet<>(volume.getAsJsonObject().keySet());
        kind.remove("name");
        assertThat(kind).as(pod.id()).isSubsetOf("emptyDir", "secret");
      }
      pod.containers()
          .forEach(
              container -> {
                assertThat(text(container, "securityContext/allowPrivilegeEscalation"))
                    .as(pod.id())
                    .isEqualTo("false");
                assertThat(text(container, "securityContext/readOnlyRootFilesystem"))
                    .as(pod.id())
                    .isEqualTo("true");
                assertThat(text(container, "securityContext/capabilities/drop/0"))
                    .as(pod.id())
                    .isEqualTo("ALL");
                assertThat(Chart.at(container, "securityContext/capabilities/add"))
                    .as(pod.id())
                    .isNull();
              });
    }
  }

  @ParameterizedTest
  @FieldSource("MATRIX")
  void every_container_has_requests_limits_and_a_fixed_image(String values) {
    for (Pod pod : Chart.pods(Chart.resources(values))) {
      pod.containers()
          .forEach(
              container -> {
                for (String which : List.of("requests", "limits")) {
                  for (String what : List.of("cpu", "memory")) {
                    assertThat(Chart.at(container, "resources/" + which + "/" + what))
                        .as(pod.id() + " " + which + " " + what)
                        .isNotNull();
                  }
                }
                assertThat(container.get("image").getAsString())
                    .as(pod.id())
                    .matches(".+(:[^:/]+|@sha256:[0-9a-f]{64})")
                    .doesNotEndWith(":latest");
              });
    }
  }

  @ParameterizedTest
  @FieldSource("MATRIX")
  void services_with_clients_end_connections_before_they_stop(String values) {
    for (JsonObject map : Chart.ofKind(Chart.resources(values), "ConfigMap")) {
      JsonObject data = map.getAsJsonObject("data");
      if (data != null && data.has("QUARKUS_HTTP_PORT")) {
        JsonObject labels = Chart.at(map, "metadata/labels").getAsJsonObject();
        String component = labels.get("app.kubernetes.io/component").getAsString();
        assertThat(data.has("HEADRACE_HTTP_DRAIN"))
            .as(Chart.id(map))
            .isEqualTo(component.equals("command-service") || component.equals("query-service"));
      }
    }
  }

  @ParameterizedTest
  @FieldSource("MATRIX")
  void every_service_is_probed_and_drained_before_it_is_stopped(String values) {
    for (JsonObject deployment : Chart.ofKind(Chart.resources(values), "Deployment")) {
      String id = Chart.id(deployment);
      JsonObject spec = Chart.at(deployment, "spec/template/spec").getAsJsonObject();
      JsonElement container = Chart.at(spec, "containers/0");
      PROBES.forEach(probe -> assertThat(Chart.at(container, probe)).as(id).isNotNull());
      assertThat(text(container, "livenessProbe/httpGet/path")).as(id).isEqualTo("/q/health/live");
      assertThat(text(deployment, "spec/strategy/rollingUpdate/maxUnavailable"))
          .as(id)
          .isEqualTo("0");
      long sleep = Long.parseLong(text(container, "lifecycle/preStop/sleep/seconds"));
      long shutdown = Service.named(text(container, "name")).shutdownSeconds();
      assertThat(spec.get("terminationGracePeriodSeconds").getAsLong())
          .as(id + " has time for its preStop and its own shutdown")
          .isGreaterThan(sleep + DRAIN_SECONDS + shutdown);
    }
  }

  @ParameterizedTest
  @FieldSource("MATRIX")
  void no_secret_is_in_a_config_map_or_a_plain_variable(String values) {
    List<String> names = new ArrayList<>();
    List<JsonObject> resources = Chart.resources(values);
    Chart.ofKind(resources, "ConfigMap")
        .forEach(map -> names.addAll(map.getAsJsonObject("data").keySet()));
    for (Pod pod : Chart.pods(resources)) {
      pod.containers()
          .flatMap(PolicyTest::variables)
          .filter(variable -> variable.has("value"))
          .forEach(variable -> names.add(variable.get("name").getAsString()));
    }
    assertThat(names)
        .isNotEmpty()
        .noneMatch(name -> name.matches(".*(PASSWORD|SECRET|TOKEN|JAAS|CREDENTIAL|KEYS?$).*"));
  }

  @ParameterizedTest
  @FieldSource("MATRIX")
  void secrets_are_made_for_what_is_the_releases_own_and_outlive_it(String values) {
    List<JsonObject> secrets = Chart.ofKind(Chart.resources(values), "Secret");

    if (Chart.ofKind(Chart.resources(values), "Cluster").isEmpty()) {
      assertThat(secrets).allMatch(each -> Chart.name(each).endsWith("-consistency"));
    }
    for (JsonObject secret : secrets) {
      assertThat(Chart.at(secret, "metadata/annotations").toString())
          .contains("\"helm.sh/resource-policy\":\"keep\"");
    }
    Set<String> passwords =
        secrets.stream()
            .map(each -> each.getAsJsonObject("data"))
            .map(each -> each.has("password") ? each.get("password") : each.get("keys"))
            .map(JsonElement::getAsString)
            .collect(Collectors.toSet());
    assertThat(passwords).as("each has its own").hasSameSizeAs(secrets);
  }

  @ParameterizedTest
  @FieldSource("MATRIX")
  void only_the_migrations_log_in_as_the_owner(String values) {
    for (Pod pod : Chart.pods(Chart.resources(values))) {
      boolean owner =
          pod.containers()
              .flatMap(PolicyTest::variables)
              .anyMatch(each -> each.get("name").getAsString().startsWith("HEADRACE_MIGRATION_"));
      assertThat(owner).as(pod.id()).isEqualTo(pod.id().startsWith("Job/"));
    }
  }

  @Test
  void migrations_run_before_the_services_change() {
    for (JsonObject job : Chart.ofKind(Chart.resources("existing"), "Job")) {
      assertThat(Chart.at(job, "metadata/annotations").toString())
          .contains("\"helm.sh/hook\":\"pre-install,pre-upgrade\"");
    }
    assertThat(Chart.ofKind(Chart.resources("existing"), "Job")).hasSize(2);
  }

  /** The release's own policies come after the hooks, and before that are those of other values. */
  @Test
  void migrations_reach_their_databases_whatever_policies_there_are_before() {
    JsonObject policy =
        Chart.named(Chart.resources("everything"), "NetworkPolicy", "hr-headrace-migrate");

    assertThat(Chart.at(policy, "metadata/annotations").toString())
        .contains("\"helm.sh/hook\":\"pre-install,pre-upgrade\"")
        .contains("\"helm.sh/hook-weight\":\"-10\"");
    assertThat(Chart.at(policy, "spec/egress").toString())
        .contains("\"port\":53", "\"port\":5432", "\"port\":5433", "10.1.0.0/16");
    for (JsonObject job : Chart.ofKind(Chart.resources("everything"), "Job")) {
      assertThat(Chart.at(job, "spec/template/metadata/labels").getAsJsonObject().entrySet())
          .containsAll(
              Chart.at(policy, "spec/podSelector/matchLabels").getAsJsonObject().entrySet());
    }
    assertThat(
            Chart.at(
                Chart.named(
                    Chart.resources("operators"), "NetworkPolicy", "hr-headrace-migrate-first"),
                "metadata/annotations"))
        .isNull();
  }

  @Test
  void a_release_of_queries_alone_has_a_way_in_of_its_own() {
    List<JsonObject> resources =
        Chart.parse(
            Chart.render("queries-only", "gateway: {enabled: true, parentRefs: [{name: edge}]}"));

    assertThat(Chart.ofKind(resources, "HTTPRoute").stream().map(Chart::name))
        .containsExactly("hr-headrace-query-service");
    assertThat(
            text(
                Chart.named(resources, "ConfigMap", "hr-headrace-query-service"),
                "data/HEADRACE_QUERY_LINKS_COMMANDS"))
        .isEqualTo("https://commands.example.com");
  }

  @Test
  void the_first_migrations_of_a_releases_own_databases_do_not_run_before_these_exist() {
    List<JsonObject> jobs = Chart.ofKind(Chart.resources("operators"), "Job");

    assertThat(jobs).hasSize(2);
    jobs.forEach(job -> assertThat(Chart.at(job, "metadata/annotations")).isNull());
  }

  @ParameterizedTest
  @FieldSource("MATRIX")
  void no_service_account_has_a_token(String values) {
    List<JsonObject> resources = Chart.resources(values);
    List<JsonObject> accounts = Chart.ofKind(resources, "ServiceAccount");

    accounts.forEach(
        each ->
            assertThat(each.get("automountServiceAccountToken").getAsBoolean())
                .as(Chart.id(each))
                .isFalse());
    assertThat(resources).noneMatch(each -> Chart.kind(each).contains("Role"));
  }

  @ParameterizedTest
  @FieldSource("MATRIX")
  void what_scales_has_no_number_of_its_own(String values) {
    List<JsonObject> resources = Chart.resources(values);
    Set<String> scaled =
        Stream.concat(
                Chart.ofKind(resources, "HorizontalPodAutoscaler").stream(),
                Chart.ofKind(resources, "ScaledObject").stream())
            .map(each -> text(each, "spec/scaleTargetRef/name"))
            .collect(Collectors.toSet());
    for (JsonObject deployment : Chart.ofKind(resources, "Deployment")) {
      assertThat(Chart.at(deployment, "spec/replicas") == null)
          .as(Chart.id(deployment))
          .isEqualTo(scaled.contains(Chart.name(deployment)));
    }
  }

  /**
   * The arrows of the way of the data, and nothing else: (from, to) between the pods of a release.
   */
  @Test
  void pods_reach_each_other_along_the_way_of_the_data_only() {
    Set<String> arrows = new TreeSet<>();
    for (JsonObject policy : Chart.ofKind(Chart.resources("everything"), "NetworkPolicy")) {
      JsonElement ingress = Chart.at(policy, "spec/ingress");
      if (ingress != null) {
        for (JsonElement rule : ingress.getAsJsonArray()) {
          for (JsonElement from : rule.getAsJsonObject().getAsJsonArray("from")) {
            JsonElement component =
                Chart.at(from, "podSelector/matchLabels/app.kubernetes.io~1component");
            if (component == null && Chart.at(from, "podSelector/matchLabels") != null) {
              component =
                  Chart.at(from, "podSelector/matchLabels")
                      .getAsJsonObject()
                      .get("app.kubernetes.io/component");
            }
            if (component != null) {
              arrows.add(component.getAsString() + " -> " + component(policy));
            }
          }
        }
      }
    }
    assertThat(arrows)
        .containsExactly(
            "projection-worker -> command-service",
            "test -> command-service",
            "test -> query-service");
  }

  @ParameterizedTest
  @FieldSource("MATRIX")
  void every_pod_is_under_the_default_deny_and_every_egress_names_its_ports(String values) {
    List<JsonObject> resources = Chart.resources(values);
    List<JsonObject> policies = Chart.ofKind(resources, "NetworkPolicy");
    if (values.equals("queries-only")) {
      assertThat(policies).isEmpty();
      return;
    }
    JsonObject deny =
        policies.stream()
            .filter(each -> Chart.name(each).endsWith("-default-deny"))
            .findFirst()
            .orElseThrow();
    assertThat(Chart.at(deny, "spec/ingress")).isNull();
    for (Pod pod : Chart.pods(resources)) {
      assertThat(pod.metadata().getAsJsonObject("labels").entrySet())
          .as(pod.id())
          .containsAll(Chart.at(deny, "spec/podSelector/matchLabels").getAsJsonObject().entrySet());
    }
    for (JsonObject policy : policies) {
      assertThat(Chart.at(policy, "spec/policyTypes").toString())
          .isEqualTo("[\"Ingress\",\"Egress\"]");
      if (policy != deny) {
        for (JsonElement rule : Chart.at(policy, "spec/egress").getAsJsonArray()) {
          assertThat(rule.getAsJsonObject().getAsJsonArray("ports"))
              .as(Chart.id(policy))
              .isNotEmpty();
        }
      }
    }
  }

  @Test
  void workers_reach_the_log_of_another_release_where_they_are_told_to() {
    List<JsonObject> resources = Chart.resources("views-only");
    JsonObject settings = Chart.named(resources, "ConfigMap", "hr-headrace-projection-worker");
    JsonObject policy = Chart.named(resources, "NetworkPolicy", "hr-headrace-projection-worker");

    assertThat(text(settings, "data/HEADRACE_COMMAND_URL"))
        .isEqualTo("https://commands.example.com");
    assertThat(Chart.at(policy, "spec/egress").toString()).contains("\"port\":443");
  }

  /** Each of several command services has its own of everything, and reaches the others only. */
  @Test
  void each_command_service_has_a_database_a_slot_and_routes_of_its_own() {
    List<JsonObject> resources = Chart.resources("contexts");
    JsonObject orders = Chart.named(resources, "ConfigMap", "hr-headrace-command-service-orders");
    JsonObject money = Chart.named(resources, "ConfigMap", "hr-headrace-command-service-money");

    assertThat(text(orders, "data/HEADRACE_COMMANDS_CONTEXTS"))
        .isEqualTo("ordering,shipping,review");
    assertThat(text(money, "data/HEADRACE_COMMANDS_CONTEXTS")).isEqualTo("payment");
    assertThat(text(orders, "data/HEADRACE_DATABASE_NAME")).isEqualTo("headrace_orders");
    assertThat(text(money, "data/HEADRACE_DATABASE_HOST")).isEqualTo("pg-money.databases");
    String other = "http://hr-headrace-command-service-money:8080";
    assertThat(text(orders, "data/HEADRACE_COMMAND_URLS__PAYMENT_")).isEqualTo(other);
    assertThat(text(money, "data/HEADRACE_COMMANDS_MAX_BATCH")).isEqualTo("12345678");
    assertThat(Chart.at(orders, "data/HEADRACE_COMMAND_URLS__REVIEW_")).isNull();
    assertThat(text(money, "data/HEADRACE_COMMAND_URLS__REVIEW_"))
        .isEqualTo("http://hr-headrace-command-service-orders:8080");
    JsonObject worker = Chart.named(resources, "ConfigMap", "hr-headrace-projection-worker");
    assertThat(text(worker, "data/HEADRACE_COMMAND_URLS__PAYMENT_")).isEqualTo(other);
    for (String name : List.of("orders", "money")) {
      JsonObject relay = Chart.named(resources, "ConfigMap", "hr-headrace-outbox-relay-" + name);
      assertThat(text(relay, "data/HEADRACE_RELAY_SLOT")).isEqualTo("headrace_" + name);
      assertThat(Chart.named(resources, "Job", "hr-headrace-migrate-commands-" + name).toString())
          .contains("{\"name\":\"HEADRACE_RELAY_SLOT\",\"value\":\"headrace_" + name + "\"}");
      Chart.named(resources, "PodDisruptionBudget", "hr-headrace-command-service-" + name);
      assertThat(
              Chart.at(
                      Chart.named(
                          resources, "NetworkPolicy", "hr-headrace-command-service-" + name),
                      "spec/egress")
                  .toString())
          .contains("\"app.kubernetes.io/component\":\"command-service\"");
    }
    assertThat(
            text(
                Chart.named(resources, "Deployment", "hr-headrace-command-service-money"),
                "spec/replicas"))
        .isEqualTo("3");
    assertThat(Chart.ofKind(resources, "HorizontalPodAutoscaler").stream().map(Chart::name))
        .containsExactlyInAnyOrder(
            "hr-headrace-command-service-orders", "hr-headrace-query-service");
    JsonObject route = Chart.named(resources, "HTTPRoute", "hr-headrace-command-service-money");
    assertThat(Chart.at(route, "spec/rules").toString())
        .contains("\"value\":\"/payment\"")
        .contains("hr-headrace-command-service-money")
        .doesNotContain("/ordering", "/review");
  }

  @Test
  void what_talks_to_an_encrypted_database_knows_whom_to_trust() {
    List<JsonObject> resources = Chart.resources("tls");
    int trusting = 0;
    for (Pod pod : Chart.pods(resources)) {
      String env =
          pod.containers().findFirst().orElseThrow().toString()
              + Chart.ofKind(resources, "ConfigMap").stream()
                  .filter(map -> pod.id().equals("Deployment/" + Chart.name(map)))
                  .toList();
      boolean views =
          pod.id().matches(".*(query-service|projection-worker|migrate-views)(-canary)?");
      if (views) {
        assertThat(env).as(pod.id()).contains("HEADRACE_VIEWS_SSL_MODE", "verify-full");
        assertThat(env).as(pod.id()).contains("/etc/headrace/postgresql/root.pem");
        assertThat(pod.spec().toString()).contains("\"secretName\":\"pg-ca\"");
        trusting++;
      } else if (!pod.id().startsWith("Pod/")) {
        assertThat(env).as(pod.id()).contains("HEADRACE_DATABASE_SSL_MODE", "require");
        assertThat(pod.spec().toString()).doesNotContain("pg-ca");
      }
    }
    assertThat(trusting).isEqualTo(3);
    JsonObject money =
        Chart.named(
            Chart.resources("contexts-operators"),
            "ConfigMap",
            "hr-headrace-command-service-money");
    assertThat(text(money, "data/HEADRACE_DATABASE_SSL_CA"))
        .isEqualTo("/etc/headrace/postgresql/ca.crt");
    assertThat(
            Chart.named(
                    Chart.resources("contexts-operators"),
                    "Deployment",
                    "hr-headrace-command-service-money")
                .toString())
        .contains("\"secretName\":\"hr-headrace-commands-money-ca\"");
  }

  @Test
  void each_command_service_has_a_cluster_of_its_own_where_the_databases_come_along() {
    List<JsonObject> resources = Chart.resources("contexts-operators");

    assertThat(Chart.ofKind(resources, "Cluster").stream().map(Chart::name))
        .containsExactlyInAnyOrder(
            "hr-headrace-commands-orders", "hr-headrace-commands-money", "hr-headrace-views");
    assertThat(
            text(
                Chart.named(resources, "ConfigMap", "hr-headrace-command-service-money"),
                "data/HEADRACE_DATABASE_HOST"))
        .isEqualTo("hr-headrace-commands-money-rw");
    assertThat(Chart.ofKind(resources, "Secret").stream().map(Chart::name))
        .contains("hr-headrace-commands-money-owner", "hr-headrace-commands-orders-relay");
  }

  @Test
  void the_way_in_leads_to_commands_and_queries_and_to_nothing_internal() {
    List<JsonObject> routes = Chart.ofKind(Chart.resources("everything"), "HTTPRoute");
    List<String> paths = new ArrayList<>();
    for (JsonObject route : routes) {
      for (JsonElement rule : Chart.at(route, "spec/rules").getAsJsonArray()) {
        rule.getAsJsonObject()
            .getAsJsonArray("matches")
            .forEach(match -> paths.add(text(match, "path/value")));
        long weights =
            StreamSupport.stream(
                    rule.getAsJsonObject().getAsJsonArray("backendRefs").spliterator(), false)
                .mapToLong(backend -> backend.getAsJsonObject().get("weight").getAsLong())
                .sum();
        assertThat(weights).isEqualTo(100);
      }
    }
    assertThat(paths)
        .contains("/ordering", "/payment", "/shipping", "/review", "/commands", "/orders")
        .contains("/customers", "/sellers", "/sales")
        .doesNotContain("/", "/q", "/log", "/views", "/relay")
        .doesNotHaveDuplicates();
  }

  @Test
  void the_databases_of_a_release_lose_nothing_when_a_server_dies() {
    JsonObject cluster =
        Chart.named(Chart.resources("operators"), "Cluster", "hr-headrace-commands");

    assertThat(text(cluster, "spec/postgresql/parameters/wal_level")).isEqualTo("logical");
    assertThat(text(cluster, "spec/postgresql/parameters/max_slot_wal_keep_size")).isNotNull();
    assertThat(text(cluster, "spec/postgresql/parameters/shared_buffers")).isEqualTo("256MB");
    assertThat(text(cluster, "spec/postgresql/synchronous/dataDurability")).isEqualTo("required");
    assertThat(text(cluster, "spec/replicationSlots/highAvailability/synchronizeLogicalDecoding"))
        .isEqualTo("true");
    assertThat(text(cluster, "spec/bootstrap/initdb/postInitApplicationSQL/0"))
        .isEqualTo("ALTER ROLE headrace_owner REPLICATION");
    for (JsonElement role : Chart.at(cluster, "spec/managed/roles").getAsJsonArray()) {
      assertThat(role.getAsJsonObject().get("replication").getAsBoolean())
          .isEqualTo(!text(role, "name").equals("headrace_command"));
    }
  }

  @Test
  void the_kafka_of_a_release_keeps_every_event_on_two_brokers_at_least() {
    List<JsonObject> resources = Chart.resources("operators");
    JsonObject kafka = Chart.named(resources, "Kafka", "hr-headrace-kafka");

    assertThat(text(kafka, "spec/kafka/config/min.insync.replicas")).isEqualTo("2");
    assertThat(text(kafka, "spec/kafka/config/transaction.state.log.replication.factor"))
        .isEqualTo("3");
    for (JsonObject topic : Chart.ofKind(resources, "KafkaTopic")) {
      assertThat(text(topic, "spec/replicas")).isEqualTo("3");
      assertThat(text(topic, "spec/config/retention.ms")).isEqualTo("-1");
    }
    assertThat(text(Chart.named(resources, "KafkaNodePool", "broker"), "spec/replicas"))
        .isEqualTo("3");
  }

  @Test
  void the_contexts_of_the_chart_are_those_of_the_events() {
    JsonElement contexts = Chart.read(Chart.ROOT.resolve("values.yaml")).get("contexts");

    assertThat(contexts.getAsJsonArray().asList().stream().map(JsonElement::getAsString))
        .containsExactlyInAnyOrder(
            OrderEvent.EVENTS.context(),
            PaymentEvent.EVENTS.context(),
            ShipmentEvent.EVENTS.context(),
            ReviewEvent.EVENTS.context());
  }

  @Test
  void the_lag_that_scales_the_workers_is_that_of_views_that_there_are() {
    String worker = Service.named("projection-worker").sources();

    for (JsonElement view :
        Chart.at(Chart.read(Chart.ROOT.resolve("values.yaml")), "projectionWorker/keda/views")
            .getAsJsonArray()) {
      assertThat(worker).contains("return \"" + view.getAsString() + "\";");
    }
    for (JsonElement trigger :
        Chart.at(
                Chart.ofKind(Chart.resources("everything"), "ScaledObject").getFirst(),
                "spec/triggers")
            .getAsJsonArray()) {
      assertThat(Chart.at(trigger, "metadata/url").getAsString())
          .isEqualTo("http://hr-headrace-projection-worker.shop.svc:8080/views");
    }
  }

  @Test
  void pods_say_which_mesh_they_join_and_what_ends_joins_none() {
    Map<String, String> meshes = Map.of("everything", "linkerd.io", "operators", "istio.io");
    meshes.forEach(
        (values, mesh) -> {
          for (Pod pod : Chart.pods(Chart.resources(values))) {
            boolean joins =
                pod.metadata().toString().contains("\"linkerd.io/inject\":\"enabled\"")
                    || pod.metadata().toString().contains("\"sidecar.istio.io/inject\":\"true\"");
            assertThat(pod.metadata().toString()).contains(mesh);
            assertThat(joins).as(pod.id()).isEqualTo(pod.id().startsWith("Deployment/"));
          }
        });
  }

  private static String component(JsonObject resource) {
    return Chart.at(resource, "metadata/labels")
        .getAsJsonObject()
        .get("app.kubernetes.io/component")
        .getAsString();
  }

  private static Stream<JsonObject> variables(JsonObject container) {
    return StreamSupport.stream(container.getAsJsonArray("env").spliterator(), false)
        .map(JsonElement::getAsJsonObject);
  }

  private static String text(JsonElement element, String path) {
    JsonElement found = Chart.at(element, path);
    if (found == null) {
      return null;
    }
    String text = found.getAsString();
    // YAML's integers are integers to Helm, too.
    return text.endsWith(".0") ? text.substring(0, text.length() - 2) : text;
  }
}
