package io.headrace.helm.stub;

import java.util.List;
import java.util.stream.Stream;

/** A kind of resource, and where the API has it. */
public record ResourceType(
    String group, String version, String plural, String kind, boolean namespaced) {

  public static final List<ResourceType> KUBERNETES =
      Stream.concat(
              of("", "v1", "Pod", "Service", "Secret", "ConfigMap", "ServiceAccount", "Event"),
              Stream.of(
                      Stream.of(new ResourceType("", "v1", "namespaces", "Namespace", false)),
                      of("apps", "v1", "Deployment", "ReplicaSet", "StatefulSet"),
                      of("batch", "v1", "Job"),
                      of("policy", "v1", "PodDisruptionBudget"),
                      of("autoscaling", "v2", "HorizontalPodAutoscaler"),
                      Stream.of(
                          new ResourceType(
                              "networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", true)))
                  .flatMap(each -> each))
          .toList();

  public static final List<ResourceType> OPERATORS =
      Stream.of(
              of("postgresql.cnpg.io", "v1", "Cluster"),
              of("kafka.strimzi.io", "v1", "Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser"),
              of("monitoring.coreos.com", "v1", "ServiceMonitor", "PodMonitor", "PrometheusRule"))
          .flatMap(each -> each)
          .toList();

  private static Stream<ResourceType> of(String group, String version, String... kinds) {
    return Stream.of(kinds)
        .map(kind -> new ResourceType(group, version, kind.toLowerCase() + "s", kind, true));
  }

  String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  String path() {
    return (group.isEmpty() ? "api/" : "apis/") + apiVersion();
  }
}
