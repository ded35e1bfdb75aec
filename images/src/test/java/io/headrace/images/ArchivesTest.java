package io.headrace.images;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.images.Checkout.Image;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.cyclonedx.Version;
import org.cyclonedx.parsers.JsonParser;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The archives and bills of {@code make images}, read as files: {@code make image-test}. */
@Tag("image-test")
class ArchivesTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  static List<Image> images() {
    return Checkout.images();
  }

  @Test
  void there_is_an_image_of_every_service() {
    assertThat(images().stream().filter(Image::hasJava).map(Image::service))
        .containsExactlyInAnyOrderElementsOf(Checkout.SERVICES);
  }

  @ParameterizedTest
  @MethodSource("images")
  void an_image_says_what_it_is(Image image) throws Exception {
    OciArchive archive = OciArchive.read(image.file(".oci.tar"));

    assertThat(archive.digest()).isEqualTo(image.digest());
    JsonNode config = archive.config().get("config");
    assertThat(config.get("User").asText()).isEqualTo("65532:65532");
    assertThat(config.get("WorkingDir").asText()).isEqualTo("/app");
    assertThat(config.get("ExposedPorts").properties()).hasSize(1);
    JsonNode labels = config.get("Labels");
    assertThat(label(labels, "title")).isEqualTo("headrace/" + image.service());
    assertThat(label(labels, "version")).isEqualTo(image.tag());
    assertThat(label(labels, "description")).isNotBlank();
    assertThat(label(labels, "revision")).matches("[0-9a-f]{40}(-changed)?");
    assertThat(archive.config().get("created").asText())
        .as("the commit's time is the image's")
        .isEqualTo(label(labels, "created"));
    assertThat(archive.manifest().at("/annotations/org.opencontainers.image.title"))
        .isEqualTo(labels.get("org.opencontainers.image.title"));
  }

  @ParameterizedTest
  @MethodSource("images")
  void nothing_in_an_image_runs_but_the_service(Image image) throws Exception {
    List<TarArchiveEntry> files = OciArchive.read(image.file(".oci.tar")).files();

    assertThat(files).as("everything is root's").allMatch(each -> each.getLongUserId() == 0);
    assertThat(files).as("no one becomes root").noneMatch(each -> (each.getMode() & 06000) != 0);
    assertThat(files.stream().filter(each -> !each.isSymbolicLink() && (each.getMode() & 02) != 0))
        .as("all may write to one place only")
        .extracting(each -> each.getName().replaceAll("/$", ""))
        .containsExactly("tmp");
    Stream<String> programs =
        files.stream()
            .filter(each -> each.isFile() && !each.isSymbolicLink())
            .filter(each -> (each.getMode() & 0111) != 0)
            .map(TarArchiveEntry::getName)
            .filter(name -> !name.matches(".*\\.so(\\.[0-9.]+)?"));
    assertThat(programs)
        .as("no shell, no package manager")
        .containsExactlyInAnyOrder(
            image.hasJava()
                ? new String[] {
                  "opt/java/bin/java", "opt/java/lib/jexec", "opt/java/lib/jspawnhelper"
                }
                : new String[] {"app/" + image.service()});
    assertThat(files)
        .extracting(TarArchiveEntry::getName)
        .contains("etc/ssl/certs/ca-certificates.crt", "etc/passwd")
        .noneMatch(name -> name.matches("(usr/)?s?bin/.+"));
  }

  @ParameterizedTest
  @MethodSource("images")
  void the_bill_lists_all_that_is_in_the_image(Image image) throws Exception {
    var file = image.file(".cdx.json").toFile();

    assertThat(new JsonParser().validate(file, Version.VERSION_16)).isEmpty();
    JsonNode bill = JSON.readTree(file);
    assertThat(bill.at("/metadata/component/type").asText()).isEqualTo("container");
    assertThat(bill.at("/metadata/component/purl").asText())
        .contains(image.digest().replace(":", "%3A"));
    List<String> purls =
        bill.get("components").valueStream().map(each -> each.path("purl").asText()).toList();
    assertThat(purls)
        .anyMatch(each -> each.startsWith("pkg:deb/debian/libc6@"))
        .anyMatch(each -> each.startsWith("pkg:deb/debian/ca-certificates@"))
        .noneMatch(each -> each.contains("quarkus-core-deployment"));
    assertThat(purls.stream().anyMatch(each -> each.startsWith("pkg:generic/openjdk@25")))
        .isEqualTo(image.hasJava());
    List<String> listed =
        bill.get("components")
            .valueStream()
            .map(
                each ->
                    "%s.%s-%s"
                        .formatted(
                            each.path("group").asText(),
                            each.path("name").asText(),
                            each.path("version").asText()))
            .toList();
    List<String> libraries =
        OciArchive.read(image.file(".oci.tar")).files().stream()
            .map(TarArchiveEntry::getName)
            .filter(name -> name.matches("app/lib/.+\\.jar"))
            .map(name -> name.substring(name.lastIndexOf('/') + 1, name.length() - 4))
            .toList();
    assertThat(libraries)
        .allSatisfy(library -> assertThat(listed).anyMatch(each -> isOf(library, each)));
    assertThat(libraries.isEmpty()).isEqualTo(!image.hasJava());
  }

  // A classifier comes after the version.
  private static boolean isOf(String library, String component) {
    return library.equals(component) || library.startsWith(component + "-");
  }

  private static String label(JsonNode labels, String name) {
    return labels.path("org.opencontainers.image." + name).asText();
  }
}
