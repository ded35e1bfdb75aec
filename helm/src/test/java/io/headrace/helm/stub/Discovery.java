package io.headrace.helm.stub;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** What the server says of itself. */
final class Discovery {

  private static final List<String> VERBS =
      List.of("get", "list", "watch", "create", "update", "patch", "delete");

  private final List<ResourceType> types;

  Discovery(List<ResourceType> types) {
    this.types = types;
  }

  /** The answer to a path, or null if it is none of discovery. */
  Object answer(String path) {
    return switch (path) {
      case "/version" -> Map.of("major", "1", "minor", "35", "gitVersion", "v1.35.0");
      case "/api" -> Map.of("kind", "APIVersions", "versions", List.of("v1"));
      case "/apis" -> Map.of("kind", "APIGroupList", "apiVersion", "v1", "groups", groups());
      case "/openapi/v3" -> Map.of("paths", openApiPaths());
      default ->
          path.startsWith("/openapi/v3/")
              ? openApi(path.substring("/openapi/v3/".length()))
              : resources(path.substring(1));
    };
  }

  private List<?> groups() {
    var names = new TreeSet<String>();
    types.stream().map(ResourceType::group).filter(each -> !each.isEmpty()).forEach(names::add);
    return names.stream()
        .map(
            name -> {
              String version =
                  types.stream()
                      .filter(each -> each.group().equals(name))
                      .findFirst()
                      .orElseThrow()
                      .version();
              var preferred = Map.of("groupVersion", name + "/" + version, "version", version);
              return Map.of(
                  "name", name, "versions", List.of(preferred), "preferredVersion", preferred);
            })
        .toList();
  }

  private Map<String, Object> openApiPaths() {
    var paths = new TreeMap<String, Object>();
    types.forEach(
        each ->
            paths.put(
                each.path(),
                Map.of("serverRelativeURL", "/openapi/v3/" + each.path() + "?hash=1")));
    return paths;
  }

  /** As much as tells a client that the server validates fields by itself. */
  private Map<String, Object> openApi(String api) {
    var paths = new TreeMap<String, Object>();
    for (ResourceType type : types) {
      if (type.path().equals(api)) {
        paths.put(
            "/%s%s/%s/{name}"
                .formatted(api, type.namespaced() ? "/namespaces/{namespace}" : "", type.plural()),
            Map.of(
                "patch",
                Map.of(
                    "parameters",
                    List.of(
                        Map.of(
                            "name",
                            "fieldValidation",
                            "in",
                            "query",
                            "schema",
                            Map.of("type", "string"))),
                    "responses",
                    Map.of(),
                    "x-kubernetes-action",
                    "patch",
                    "x-kubernetes-group-version-kind",
                    Map.of(
                        "group", type.group(), "version", type.version(), "kind", type.kind()))));
      }
    }
    return Map.of(
        "openapi", "3.0.0", "info", Map.of("title", "stub", "version", "1"), "paths", paths);
  }

  private Object resources(String api) {
    var found =
        types.stream()
            .filter(each -> each.path().equals(api))
            .map(
                each ->
                    Map.of(
                        "name",
                        each.plural(),
                        "singularName",
                        each.kind().toLowerCase(),
                        "namespaced",
                        each.namespaced(),
                        "kind",
                        each.kind(),
                        "verbs",
                        VERBS))
            .toList();
    return found.isEmpty()
        ? null
        : Map.of(
            "kind",
            "APIResourceList",
            "apiVersion",
            "v1",
            "groupVersion",
            api.substring(api.indexOf('/') + 1),
            "resources",
            found);
  }
}
