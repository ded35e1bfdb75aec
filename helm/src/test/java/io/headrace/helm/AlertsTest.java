package io.headrace.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Alerts and dashboard ask for metrics that there are. */
class AlertsTest {

  private static final Pattern METRIC = Pattern.compile("\\bheadrace_[a-z_]+");
  private static final Pattern METER = Pattern.compile("\"(headrace\\.[a-z.]+)\"");
  private static final Pattern SUFFIX =
      Pattern.compile("(_(seconds|bytes|records|events|total|count|sum|max))*");

  private final List<JsonObject> resources = Chart.resources("everything");

  @Test
  void every_metric_is_one_that_a_service_has() {
    Set<String> meters =
        Service.ALL.stream()
            .flatMap(each -> METER.matcher(each.sources()).results())
            .map(each -> each.group(1).replace('.', '_'))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> metrics = new TreeSet<>(metrics(rules().toString()));
    metrics.addAll(metrics(dashboard()));

    assertThat(metrics).hasSizeGreaterThan(15);
    assertThat(metrics)
        .allMatch(
            metric ->
                meters.stream()
                    .anyMatch(
                        meter ->
                            metric.startsWith(meter)
                                && SUFFIX.matcher(metric.substring(meter.length())).matches()));
  }

  /** What is gone measures nothing: the other alerts are silent then. */
  @Test
  void a_service_of_which_nothing_runs_is_missed() {
    List<JsonObject> several = Chart.resources("contexts");
    String gone =
        Chart.ofKind(several, "PrometheusRule").getFirst().getAsJsonObject("spec").toString();

    Chart.ofKind(several, "Deployment").stream()
        .map(Chart::name)
        .filter(name -> !name.endsWith("-canary"))
        .forEach(
            name ->
                assertThat(gone)
                    .contains(
                        "absent(up{namespace=\\\"shop\\\",service=\\\"%s\\\"})".formatted(name)));
  }

  @Test
  void nothing_is_missed_where_the_targets_may_have_other_names() {
    assertThat(Chart.ofKind(Chart.resources("operators"), "PrometheusRule").toString())
        .contains("HeadraceRelayNotActive")
        .doesNotContain("HeadraceServiceGone");
  }

  @Test
  void every_alert_says_how_bad_it_is_and_what_is_wrong() {
    var groups = rules().getAsJsonArray("groups");

    assertThat(groups).isNotEmpty();
    groups.forEach(
        group ->
            group
                .getAsJsonObject()
                .getAsJsonArray("rules")
                .forEach(
                    rule -> {
                      assertThat(Chart.at(rule, "labels/severity").getAsString())
                          .isIn("warning", "critical");
                      assertThat(Chart.at(rule, "annotations/summary").getAsString()).endsWith(".");
                    }));
  }

  @Test
  void the_dashboard_is_json_with_a_place_for_each_panel() {
    var panels = JsonParser.parseString(dashboard()).getAsJsonObject().getAsJsonArray("panels");
    Set<String> places = new TreeSet<>();

    panels.forEach(
        panel -> places.add(Chart.at(panel, "gridPos/x") + "," + Chart.at(panel, "gridPos/y")));
    assertThat(places).hasSameSizeAs(panels);
  }

  @Test
  void prometheus_accepts_the_rules(@TempDir Path folder) throws Exception {
    Assumptions.assumeTrue(
        java.util.Arrays.stream(System.getenv("PATH").split(":"))
            .anyMatch(each -> Files.isExecutable(Path.of(each, "promtool"))),
        "promtool is not on the PATH, so the rules are not checked by Prometheus");
    Path file = Files.writeString(folder.resolve("rules.json"), rules().toString());
    Process promtool =
        new ProcessBuilder("promtool", "check", "rules", file.toString())
            .redirectErrorStream(true)
            .start();

    String output = new String(promtool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(promtool.waitFor()).as(output).isZero();
  }

  private JsonObject rules() {
    return Chart.ofKind(resources, "PrometheusRule").getFirst().getAsJsonObject("spec");
  }

  private String dashboard() {
    return Chart.at(
            Chart.named(resources, "ConfigMap", "hr-headrace-dashboard"), "data/headrace.json")
        .getAsString();
  }

  private static Set<String> metrics(String text) {
    return METRIC.matcher(text).results().map(MatchResult::group).collect(Collectors.toSet());
  }
}
