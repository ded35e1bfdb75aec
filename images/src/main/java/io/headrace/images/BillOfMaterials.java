package io.headrace.images;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toMap;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Makes the CycloneDX bill of an image from that of the service, which Quarkus writes, the Debian
 * packages below it, and the Java between them. The same image gives the same bill, byte by byte.
 */
@Command(name = "bill-of-materials", mixinStandardHelpOptions = true)
public final class BillOfMaterials implements Callable<Integer> {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  @Option(names = "--application", required = true, description = "The service's own bill.")
  private Path application = Path.of("");

  @Option(names = "--packages", required = true, description = "Debian's control paragraphs.")
  private Path packages = Path.of("");

  @Option(names = "--suite", required = true, description = "The packages' Debian release.")
  private String suite = "";

  @Option(names = "--java", description = "The release file of the image's Java, if it has one.")
  private @Nullable Path java;

  @Option(names = "--image", required = true, description = "The image's name, with its tag.")
  private String image = "";

  @Option(names = "--digest", required = true, description = "The digest of its manifest.")
  private String digest = "";

  @Option(names = "--date", required = true, description = "In seconds since the epoch.")
  private long date;

  @Option(names = "--to", required = true, description = "The file to write.")
  private Path to = Path.of("");

  public static void main(String... arguments) {
    System.exit(new CommandLine(new BillOfMaterials()).execute(arguments));
  }

  @Override
  public Integer call() throws IOException {
    ObjectNode bill = (ObjectNode) JSON.readTree(application.toFile());
    bill.put(
        "serialNumber",
        "urn:uuid:" + UUID.nameUUIDFromBytes((image + "@" + digest).getBytes(UTF_8)));
    ObjectNode metadata = bill.withObject("/metadata");
    metadata.put("timestamp", Instant.ofEpochSecond(date).toString());
    ObjectNode service = (ObjectNode) metadata.get("component");
    ObjectNode container = container();
    metadata.set("component", container);

    List<ObjectNode> added = new ArrayList<>(debianPackages());
    runtime().ifPresent(added::add);
    ArrayNode components = bill.withArray("/components");
    boolean listed =
        components
            .valueStream()
            .anyMatch(each -> each.path("bom-ref").equals(service.path("bom-ref")));
    if (!listed) {
      added.addFirst(service);
    }
    components.addAll(added);

    ObjectNode holds = JSON.createObjectNode().put("ref", container.get("bom-ref").asText());
    ArrayNode parts = holds.putArray("dependsOn").add(service.get("bom-ref").asText());
    added.stream()
        .map(each -> each.get("bom-ref").asText())
        .filter(each -> !each.equals(service.get("bom-ref").asText()))
        .forEach(parts::add);
    bill.withArray("/dependencies").add(holds);
    Files.writeString(to, JSON.writeValueAsString(bill) + "\n");
    return 0;
  }

  private ObjectNode container() {
    String name = image.substring(0, image.lastIndexOf(':'));
    String tag = image.substring(image.lastIndexOf(':') + 1);
    String purl =
        "pkg:oci/%s@%s?tag=%s"
            .formatted(name.substring(name.lastIndexOf('/') + 1), encoded(digest), encoded(tag));
    return component("container", name, tag, purl);
  }

  private Optional<ObjectNode> runtime() throws IOException {
    if (java == null) {
      return Optional.empty();
    }
    Map<String, String> release =
        Files.readAllLines(java).stream()
            .map(line -> line.split("=", 2))
            .collect(toMap(line -> line[0], line -> line[1].replace("\"", ""), (a, _) -> a));
    String version = release.getOrDefault("JAVA_RUNTIME_VERSION", release.get("JAVA_VERSION"));
    ObjectNode component =
        component(
            "platform", "openjdk", version, "pkg:generic/openjdk@%s".formatted(encoded(version)));
    Optional.ofNullable(release.get("IMPLEMENTOR"))
        .ifPresent(each -> component.put("publisher", each));
    return Optional.of(component);
  }

  private List<ObjectNode> debianPackages() throws IOException {
    return Arrays.stream(Files.readString(packages).split("(?m)^(?=Package: )"))
        .filter(each -> !each.isBlank())
        .map(this::debianPackage)
        .toList();
  }

  private ObjectNode debianPackage(String paragraph) {
    Map<String, String> control =
        paragraph
            .lines()
            .filter(line -> line.matches("[A-Za-z-]+: .*"))
            .map(line -> line.split(": ", 2))
            .collect(toMap(line -> line[0], line -> line[1].strip()));
    String name = control.getOrDefault("Package", "");
    String version = control.getOrDefault("Version", "");
    String purl =
        "pkg:deb/debian/%s@%s?arch=%s&distro=debian-%s"
            .formatted(
                encoded(name),
                encoded(version),
                encoded(control.getOrDefault("Architecture", "")),
                encoded(suite));
    return component("library", name, version, purl);
  }

  private static ObjectNode component(
      String type, String name, @Nullable String version, String purl) {
    return JSON.createObjectNode()
        .put("type", type)
        .put("bom-ref", purl)
        .put("name", name)
        .put("version", version)
        .put("purl", purl);
  }

  private static String encoded(@Nullable String part) {
    return part == null ? "" : URLEncoder.encode(part, UTF_8).replace("+", "%20");
  }
}
