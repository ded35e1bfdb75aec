package io.headrace.helm.stub;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

/**
 * What controllers would report of a resource, at once. An image whose tag begins with {@code
 * broken} never gets ready; a Job with one fails.
 */
final class Controllers {

  private Controllers() {}

  static void reportOn(ResourceType type, JsonObject resource) {
    boolean broken = resource.toString().matches("(?s).*\"image\":\"[^\"]*:broken[^\"]*\".*");
    String status =
        switch (type.kind()) {
          case "Pod" ->
              """
              {"phase": "Succeeded", "conditions": [{"type": "Ready", "status": "False", "reason": "PodCompleted"}]}""";
          case "Job" ->
              broken
                  ? """
                    {"failed": 1, "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}]}"""
                  : """
                    {"succeeded": 1, "conditions": [{"type": "SuccessCriteriaMet", "status": "True"}, {"type": "Complete", "status": "True"}]}""";
          case "Deployment" -> deployment(resource, broken);
          case "PodDisruptionBudget" ->
              """
              {"observedGeneration": 1, "currentHealthy": 2, "desiredHealthy": 1, "disruptionsAllowed": 1, "expectedPods": 2}""";
          default -> "";
        };
    if (!status.isEmpty()) {
      resource.add("status", JsonParser.parseString(status));
    }
  }

  /** The pod that a Job has started. */
  static JsonObject podOf(JsonObject job) {
    JsonObject template = job.getAsJsonObject("spec").getAsJsonObject("template").deepCopy();
    String name = job.getAsJsonObject("metadata").get("name").getAsString();
    JsonObject metadata = template.getAsJsonObject("metadata");
    metadata.addProperty("name", name + "-pod");
    metadata.add("namespace", job.getAsJsonObject("metadata").get("namespace"));
    metadata.getAsJsonObject("labels").addProperty("job-name", name);
    template.addProperty("apiVersion", "v1");
    template.addProperty("kind", "Pod");
    return template;
  }

  private static String deployment(JsonObject resource, boolean broken) {
    JsonObject spec = resource.getAsJsonObject("spec");
    int replicas = spec.has("replicas") ? spec.get("replicas").getAsInt() : 1;
    return broken
        ? """
          {"observedGeneration": 1, "replicas": %1$d, "updatedReplicas": 1, "readyReplicas": %1$d, "availableReplicas": %1$d, "unavailableReplicas": 1,
           "conditions": [{"type": "Available", "status": "True"}, {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}]}"""
            .formatted(replicas)
        : """
          {"observedGeneration": 1, "replicas": %1$d, "updatedReplicas": %1$d, "readyReplicas": %1$d, "availableReplicas": %1$d,
           "conditions": [{"type": "Available", "status": "True"}, {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]}"""
            .formatted(replicas);
  }
}
