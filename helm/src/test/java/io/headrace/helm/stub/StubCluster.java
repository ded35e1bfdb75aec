package io.headrace.helm.stub;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.kubernetes.client.proto.Runtime.Unknown;
import io.kubernetes.client.proto.V1;
import io.kubernetes.client.util.ModelMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * The server. Refuses unknown and missing fields of Kubernetes' own resources, as the real one
 * does.
 */
public final class StubCluster implements AutoCloseable {

  /** The log of every pod. */
  public static final String LOG = "a line of the pod\n";

  private static final Gson GSON = new Gson();
  private static final long WATCH_SECONDS = 30;

  /**
   * @param key where the resource is: API, type, namespace, name
   */
  private record Change(String type, String key, JsonObject resource) {}

  private final List<ResourceType> types;
  private final Discovery discovery;
  private final Map<String, JsonObject> store = new ConcurrentSkipListMap<>();
  private final List<String> writes = new CopyOnWriteArrayList<>();
  private final List<BlockingQueue<Change>> watchers = new CopyOnWriteArrayList<>();
  private final HttpServer server;
  private long version = 1;

  public StubCluster(List<ResourceType> types) throws IOException {
    this.types = List.copyOf(types);
    this.discovery = new Discovery(this.types);
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::handle);
    server.start();
  }

  public String kubeconfig() {
    return """
    {"apiVersion": "v1", "kind": "Config", "current-context": "stub",
     "clusters": [{"name": "stub", "cluster": {"server": "http://127.0.0.1:%d"}}],
     "users": [{"name": "stub", "user": {}}],
     "contexts": [{"name": "stub", "context": {"cluster": "stub", "user": "stub", "namespace": "shop"}}]}
    """
        .formatted(server.getAddress().getPort());
  }

  /** What is there, as {@code Kind/name}, but for Helm's own records. */
  public List<String> resources() {
    return store.values().stream()
        .filter(each -> !each.toString().contains("helm.sh/release.v1"))
        .map(StubCluster::id)
        .sorted()
        .toList();
  }

  public JsonObject get(String kind, String name) {
    return store.values().stream()
        .filter(each -> id(each).equals(kind + "/" + name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no %s/%s in %s".formatted(kind, name, resources())));
  }

  /**
   * What was written since the last call, as {@code ADDED Kind/name}, MODIFIED or DELETED, in
   * order.
   */
  public synchronized List<String> takeWrites() {
    List<String> taken = List.copyOf(writes);
    writes.clear();
    return taken;
  }

  public void secret(String name, String key, String value) {
    JsonObject secret =
        GSON.toJsonTree(
                Map.of(
                    "apiVersion",
                    "v1",
                    "kind",
                    "Secret",
                    "type",
                    "Opaque",
                    "metadata",
                    Map.of("name", name, "namespace", "shop"),
                    "data",
                    Map.of(
                        key,
                        Base64.getEncoder()
                            .encodeToString(value.getBytes(StandardCharsets.UTF_8)))))
            .getAsJsonObject();
    store.put("api/v1/secrets/shop/" + name, secret);
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      try {
        String path = exchange.getRequestURI().getPath();
        Object about = discovery.answer(path);
        if (about != null) {
          send(exchange, 200, GSON.toJsonTree(about));
        } else {
          resource(exchange, Place.of(path, types), query(exchange));
        }
      } catch (Refused e) {
        send(exchange, e.code, e.status());
      } catch (IOException e) {
        throw e;
      } catch (Exception e) {
        send(exchange, 500, new Refused(500, "InternalError", e.toString()).status());
      }
    }
  }

  private void resource(HttpExchange exchange, Place place, Map<String, String> query)
      throws Exception {
    if ("log".equals(place.part)) {
      byte[] log = LOG.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, log.length);
      exchange.getResponseBody().write(log);
      return;
    }
    switch (exchange.getRequestMethod()) {
      case "GET" -> {
        if (place.name != null) {
          send(exchange, 200, existing(place));
        } else if (query.getOrDefault("watch", "").matches("true|1")) {
          watch(exchange, place, query);
        } else {
          send(exchange, 200, list(place, query));
        }
      }
      case "POST", "PUT", "PATCH" -> write(exchange, place, query);
      case "DELETE" -> {
        JsonObject gone = existing(place);
        store.remove(place.key());
        store.remove(podOf(place));
        written("DELETED", place.key(), gone);
        send(exchange, 200, gone);
      }
      default -> throw new Refused(405, "MethodNotAllowed", exchange.getRequestMethod());
    }
  }

  private JsonObject existing(Place place) {
    JsonObject found = store.get(place.key());
    if (found == null) {
      throw new Refused(
          404, "NotFound", "%s \"%s\" not found".formatted(place.type.plural(), place.name));
    }
    return found;
  }

  private synchronized void write(HttpExchange exchange, Place place, Map<String, String> query)
      throws Exception {
    String contentType = exchange.getRequestHeaders().getFirst("Content-Type");
    JsonObject body = body(contentType == null ? "" : contentType, exchange);
    String method = exchange.getRequestMethod();
    Place target =
        method.equals("POST")
            ? place.withName(body.getAsJsonObject("metadata").get("name").getAsString())
            : place;
    JsonObject old = store.get(target.key());
    if (method.equals("POST") && old != null) {
      throw new Refused(409, "AlreadyExists", target.name + " already exists");
    }
    boolean applied = contentType != null && contentType.contains("apply-patch");
    if (old == null && method.equals("PATCH") && !applied) {
      existing(target);
    }
    JsonObject resource = method.equals("PATCH") && !applied ? merge(old.deepCopy(), body) : body;
    JsonObject metadata = resource.getAsJsonObject("metadata");
    resource.remove("status");
    requireValid(target.type, resource);
    if (target.type.namespaced()) {
      metadata.addProperty("namespace", target.namespace);
    }
    metadata.addProperty("resourceVersion", Long.toString(++version));
    metadata.addProperty("generation", 1);
    metadata.addProperty(
        "uid",
        old == null
            ? UUID.randomUUID().toString()
            : old.getAsJsonObject("metadata").get("uid").getAsString());
    metadata.addProperty("creationTimestamp", "2026-01-01T00:00:00Z");
    Controllers.reportOn(target.type, resource);
    if (!query.containsKey("dryRun")) {
      store.put(target.key(), resource);
      if (target.type.kind().equals("Job")) {
        store.put(podOf(target), Controllers.podOf(resource));
      }
      written(old == null ? "ADDED" : "MODIFIED", target.key(), resource);
    }
    send(exchange, old == null ? 201 : 200, resource);
  }

  private void written(String change, String key, JsonObject resource) {
    if (!resource.toString().contains("helm.sh/release.v1")) {
      writes.add(change + " " + id(resource));
    }
    Change event = new Change(change, key, resource.deepCopy());
    watchers.forEach(each -> each.add(event));
  }

  private static String podOf(Place job) {
    return "api/v1/pods/%s/%s-pod".formatted(job.namespace, job.name);
  }

  private JsonObject list(Place place, Map<String, String> query) {
    JsonArray items = new JsonArray();
    store.forEach(
        (key, each) -> {
          if (key.startsWith(place.prefix()) && selected(each, query)) {
            items.add(each);
          }
        });
    JsonObject list = new JsonObject();
    list.addProperty("kind", place.type.kind() + "List");
    list.addProperty("apiVersion", place.type.apiVersion());
    list.add("metadata", GSON.toJsonTree(Map.of("resourceVersion", Long.toString(version))));
    list.add("items", items);
    return list;
  }

  private void watch(HttpExchange exchange, Place place, Map<String, String> query)
      throws IOException, InterruptedException {
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, 0);
    OutputStream out = exchange.getResponseBody();
    out.flush();
    BlockingQueue<Change> changes = new LinkedBlockingQueue<>();
    watchers.add(changes);
    try {
      if ("true".equals(query.get("sendInitialEvents"))) {
        for (JsonElement each : list(place, query).getAsJsonArray("items")) {
          event(out, "ADDED", each);
        }
        event(out, "BOOKMARK", initialEventsEnd(place));
      }
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(WATCH_SECONDS);
      while (System.nanoTime() < end) {
        Change change = changes.poll(500, TimeUnit.MILLISECONDS);
        if (change != null
            && change.key.startsWith(place.prefix())
            && selected(change.resource, query)) {
          event(out, change.type, change.resource);
        }
      }
    } catch (IOException e) {
      // The client has seen enough.
    } finally {
      watchers.remove(changes);
    }
  }

  private JsonObject initialEventsEnd(Place place) {
    return GSON.toJsonTree(
            Map.of(
                "kind",
                place.type.kind(),
                "apiVersion",
                place.type.apiVersion(),
                "metadata",
                Map.of(
                    "resourceVersion",
                    Long.toString(version),
                    "annotations",
                    Map.of("k8s.io/initial-events-end", "true"))))
        .getAsJsonObject();
  }

  private static void event(OutputStream out, String type, JsonElement resource)
      throws IOException {
    JsonObject event = new JsonObject();
    event.addProperty("type", type);
    event.add("object", resource);
    out.write((event + "\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static boolean selected(JsonObject resource, Map<String, String> query) {
    JsonObject metadata = resource.getAsJsonObject("metadata");
    JsonObject labels =
        metadata.has("labels") ? metadata.getAsJsonObject("labels") : new JsonObject();
    for (String term : query.getOrDefault("labelSelector", "").split(",")) {
      String[] pair = term.split("==?", 2);
      if (pair.length == 2
          && !(labels.has(pair[0]) && labels.get(pair[0]).getAsString().equals(pair[1]))) {
        return false;
      }
    }
    String field = query.getOrDefault("fieldSelector", "");
    return !field.startsWith("metadata.name=")
        || metadata.get("name").getAsString().equals(field.substring("metadata.name=".length()));
  }

  private static void requireValid(ResourceType type, JsonObject resource) throws Exception {
    Class<?> model = ModelMapper.preBuiltGetApiTypeClass(type.group(), type.version(), type.kind());
    if (model != null) {
      JsonObject checked = resource.deepCopy();
      checked.getAsJsonObject("metadata").remove("managedFields");
      try {
        model.getMethod("validateJsonElement", JsonElement.class).invoke(null, checked);
      } catch (InvocationTargetException e) {
        throw new Refused(422, "Invalid", type.kind() + ": " + e.getCause().getMessage());
      }
    }
  }

  private static JsonObject body(String contentType, HttpExchange exchange) throws IOException {
    byte[] raw = exchange.getRequestBody().readAllBytes();
    if (contentType.contains("protobuf")) {
      return secretFromProtobuf(raw);
    }
    String text = new String(raw, StandardCharsets.UTF_8);
    return text.stripLeading().startsWith("{")
        ? JsonParser.parseString(text).getAsJsonObject()
        : GSON.toJsonTree(new Yaml(new SafeConstructor(new LoaderOptions())).<Object>load(text))
            .getAsJsonObject();
  }

  /**
   * Helm keeps its releases in Secrets, and writes these in Kubernetes' binary form: "k8s\0", then
   * the message.
   */
  private static JsonObject secretFromProtobuf(byte[] raw) throws IOException {
    Unknown unknown = Unknown.parseFrom(Arrays.copyOfRange(raw, 4, raw.length));
    if (!unknown.getTypeMeta().getKind().equals("Secret")) {
      throw new Refused(415, "UnsupportedMediaType", unknown.getTypeMeta().getKind());
    }
    V1.Secret secret = V1.Secret.parseFrom(unknown.getRaw());
    var data = new TreeMap<String, String>();
    secret
        .getDataMap()
        .forEach(
            (key, value) -> data.put(key, Base64.getEncoder().encodeToString(value.toByteArray())));
    return GSON.toJsonTree(
            Map.of(
                "apiVersion",
                "v1",
                "kind",
                "Secret",
                "type",
                secret.getType(),
                "metadata",
                Map.of(
                    "name",
                    secret.getMetadata().getName(),
                    "labels",
                    secret.getMetadata().getLabelsMap()),
                "data",
                data))
        .getAsJsonObject();
  }

  private static JsonObject merge(JsonObject into, JsonObject patch) {
    for (Map.Entry<String, JsonElement> each : patch.entrySet()) {
      JsonElement old = into.get(each.getKey());
      if (each.getValue().isJsonNull()) {
        into.remove(each.getKey());
      } else if (each.getValue().isJsonObject() && old != null && old.isJsonObject()) {
        merge(old.getAsJsonObject(), each.getValue().getAsJsonObject());
      } else {
        into.add(each.getKey(), each.getValue());
      }
    }
    return into;
  }

  private static String id(JsonObject resource) {
    return resource.get("kind").getAsString()
        + "/"
        + resource.getAsJsonObject("metadata").get("name").getAsString();
  }

  private static Map<String, String> query(HttpExchange exchange) {
    var query = new TreeMap<String, String>();
    String raw = exchange.getRequestURI().getRawQuery();
    if (raw != null) {
      for (String pair : raw.split("&")) {
        int equals = pair.indexOf('=');
        query.put(
            decode(equals < 0 ? pair : pair.substring(0, equals)),
            equals < 0 ? "" : decode(pair.substring(equals + 1)));
      }
    }
    return query;
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static void send(HttpExchange exchange, int code, JsonElement body) throws IOException {
    byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(code, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  /** Where a path points to. */
  private record Place(ResourceType type, String namespace, String name, String part) {

    static Place of(String path, List<ResourceType> types) {
      List<String> steps = new ArrayList<>(List.of(path.substring(1).split("/")));
      int api = steps.getFirst().equals("api") ? 2 : 3;
      if (steps.size() <= api) {
        throw new Refused(404, "NotFound", path);
      }
      String prefix = String.join("/", steps.subList(0, api));
      steps.subList(0, api).clear();
      String namespace = "";
      if (steps.getFirst().equals("namespaces") && steps.size() > 2) {
        namespace = steps.get(1);
        steps.subList(0, 2).clear();
      }
      ResourceType type =
          types.stream()
              .filter(each -> each.path().equals(prefix) && each.plural().equals(steps.getFirst()))
              .findFirst()
              .orElseThrow(() -> new Refused(404, "NotFound", path));
      return new Place(
          type,
          namespace,
          steps.size() > 1 ? steps.get(1) : null,
          steps.size() > 2 ? steps.get(2) : null);
    }

    Place withName(String name) {
      return new Place(type, namespace, name, part);
    }

    String prefix() {
      return "%s/%s/%s"
          .formatted(type.path(), type.plural(), namespace.isEmpty() ? "" : namespace + "/");
    }

    String key() {
      return "%s/%s/%s/%s".formatted(type.path(), type.plural(), namespace, name);
    }
  }

  private static final class Refused extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final int code;
    private final String reason;

    Refused(int code, String reason, String message) {
      super(message);
      this.code = code;
      this.reason = reason;
    }

    JsonElement status() {
      return GSON.toJsonTree(
          Map.of(
              "kind",
              "Status",
              "apiVersion",
              "v1",
              "metadata",
              Map.of(),
              "status",
              "Failure",
              "reason",
              reason,
              "message",
              String.valueOf(getMessage()),
              "code",
              code));
    }
  }
}
