package io.headrace.events.contexts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.EventType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds the code to the released schemas. Every version of every event type that was ever released
 * has two files: its JSON Schema, and an example. A change of a record that breaks its schema fails
 * here, and no option makes it pass: raise the version and add an upcaster. {@code
 * -Dheadrace.schemas.write=true} writes the files of new types, and of compatible changes.
 */
class SchemaTest {

  private static final Path FOLDER = Path.of("src/main/resources/io/headrace/events/schemas");
  private static final boolean WRITE = Boolean.getBoolean("headrace.schemas.write");
  private static final ObjectMapper PRETTY =
      EventJson.mapper().copy().enable(SerializationFeature.INDENT_OUTPUT);
  private static final EventCatalogue CATALOGUE = new EventCatalogue(Contexts.ALL);

  private record Current(String wireName, Class<? extends DomainEvent> type) {

    Path file() {
      return FOLDER.resolve(wireName + ".schema.json");
    }

    Path example() {
      return FOLDER.resolve(wireName + ".example.json");
    }

    @Override
    public String toString() {
      return wireName;
    }
  }

  static Stream<Current> currentTypes() {
    return Contexts.ALL.stream()
        .flatMap(
            context ->
                context.types().stream()
                    .map(
                        (EventType<?> type) ->
                            new Current(
                                EventCatalogue.wireName(
                                    context.context(), type.name(), type.version()),
                                type.type())));
  }

  @ParameterizedTest
  @MethodSource("currentTypes")
  void the_code_writes_what_the_released_schema_promises(Current current) throws IOException {
    JsonNode generated = EventSchemas.of(current.wireName, current.type);
    if (Files.exists(current.file())) {
      JsonNode released = PRETTY.readTree(current.file().toFile());
      Optional<String> breakage = SchemaCompatibility.breakage(released, generated);
      assertThat(breakage)
          .as(
              "%s would no longer fit its released schema; raise its version, add an upcaster",
              current)
          .isEmpty();
    }
    if (WRITE) {
      Files.createDirectories(FOLDER);
      Files.writeString(current.file(), PRETTY.writeValueAsString(generated) + "\n");
    }
    assertThat(current.file())
        .as("the schema of %s; write it with -Dheadrace.schemas.write=true", current)
        .exists();
    assertThat(PRETTY.readTree(current.file().toFile()))
        .as("a compatible change of %s; write it with -Dheadrace.schemas.write=true", current)
        .isEqualTo(generated);
  }

  @ParameterizedTest
  @MethodSource("currentTypes")
  void every_current_type_has_an_example(Current current) {
    assertThat(current.example()).exists();
  }

  static List<Path> releasedSchemas() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".schema.json")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("releasedSchemas")
  void the_example_of_every_released_version_fits_its_schema_and_is_still_read(Path file)
      throws IOException {
    String wireName = file.getFileName().toString().replace(".schema.json", "");
    byte[] example = Files.readAllBytes(FOLDER.resolve(wireName + ".example.json"));
    assertThat(
            JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(Files.readString(file))
                .validate(PRETTY.readTree(example)))
        .isEmpty();

    DomainEvent event = CATALOGUE.decode(wireName, example).orElseThrow();
    assertThat(event.partitionKey()).isNotBlank();
    EventCatalogue.Encoded again = CATALOGUE.encode(event);
    if (again.type().equals(wireName)) {
      assertThat(PRETTY.readTree(again.payload())).isEqualTo(PRETTY.readTree(example));
    }
  }

  @Test
  void a_breaking_change_is_recognised() throws IOException {
    JsonNode released = EventSchemas.of("x", Before.class);
    assertThat(SchemaCompatibility.breakage(released, EventSchemas.of("x", Before.class)))
        .isEmpty();
    assertThat(SchemaCompatibility.breakage(released, EventSchemas.of("x", Added.class))).isEmpty();
    assertThat(SchemaCompatibility.breakage(released, EventSchemas.of("x", Removed.class)))
        .hasValueSatisfying(text -> assertThat(text).contains("name"));
    assertThat(SchemaCompatibility.breakage(released, EventSchemas.of("x", Retyped.class)))
        .hasValueSatisfying(text -> assertThat(text).contains("count"));
    assertThat(SchemaCompatibility.breakage(released, EventSchemas.of("x", Required.class)))
        .hasValueSatisfying(text -> assertThat(text).contains("more"));
  }

  record Before(String name, int count) {}

  record Added(String name, int count, @org.jspecify.annotations.Nullable String more) {}

  record Removed(int count) {}

  record Retyped(String name, String count) {}

  record Required(String name, int count, String more) {}
}
