package io.headrace.systemtests.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code docs/configuration.md} says what the code says. */
class ConfigurationDocumentTest {

  private static final Path CHECKOUT = Path.of("..");
  private static final String DOCUMENT = "docs/configuration.md";
  private static final String OURS = "HEADRACE_";

  @ParameterizedTest
  @ValueSource(strings = {"command-service", "query-service", "outbox-relay", "projection-worker"})
  void the_table_of_a_service_has_its_keys_and_their_defaults(String service) throws IOException {
    ConfigurationKeys keys = ConfigurationKeys.of(CHECKOUT.resolve(service));
    Map<String, String> documented = new TreeMap<>(document().table(service));
    Map<String, String> ours = new TreeMap<>(documented);
    ours.keySet().removeIf(variable -> !variable.startsWith(OURS));
    SoftAssertions softly = new SoftAssertions();
    compare(softly, service, keys.byVariable(), ours);
    documented.keySet().removeAll(ours.keySet());
    documented.forEach(
        (variable, value) ->
            softly
                .assertThat(keys.property(variable))
                .as("%s of %s, in application.properties", variable, service)
                .contains(value));
    softly.assertAll();
  }

  @Test
  void the_table_of_make_run_has_its_variables_and_their_defaults() throws IOException {
    Map<String, String> variables = new TreeMap<>();
    Pattern.compile("\\$\\{env:([A-Z_]+):-([^}]*)}")
        .matcher(
            Files.readString(
                CHECKOUT.resolve(
                    "local-stack/src/main/java/io/headrace/localstack/LocalStack.java")))
        .results()
        .forEach(match -> variables.put(match.group(1), match.group(2)));
    assertThat(variables).isNotEmpty();
    SoftAssertions softly = new SoftAssertions();
    compare(softly, "make run", variables, document().table("make run"));
    softly.assertAll();
  }

  private static void compare(
      SoftAssertions softly,
      String heading,
      Map<String, String> inCode,
      Map<String, String> documented) {
    softly.assertThat(inCode).as("what is known of %s", heading).isNotEmpty();
    Map<String, String> missing = new TreeMap<>(inCode);
    missing.keySet().removeAll(documented.keySet());
    softly.assertThat(missing).as("missing under '%s' in %s", heading, DOCUMENT).isEmpty();
    Map<String, String> surplus = new TreeMap<>(documented);
    surplus.keySet().removeAll(inCode.keySet());
    softly
        .assertThat(surplus)
        .as("surplus under '%s' in %s: no code reads it", heading, DOCUMENT)
        .isEmpty();
    documented.forEach(
        (variable, value) -> {
          if (inCode.containsKey(variable)) {
            softly
                .assertThat(value)
                .as("the default of %s under '%s' in %s", variable, heading, DOCUMENT)
                .isEqualTo(inCode.get(variable));
          }
        });
  }

  private static ConfigurationDocument document() throws IOException {
    return ConfigurationDocument.read(CHECKOUT.resolve(DOCUMENT));
  }

  @Test
  void keys_are_read_from_mappings_and_from_properties() throws IOException {
    ConfigurationKeys keys =
        ConfigurationKeys.of(
            """
            @ConfigMapping(prefix = "headrace.sluice")
            interface SluiceConfig {
              @WithDefault("5s") Duration openFor();
              @WithName("gates") @WithDefault("2") int numberOfGates();
              String keeper();
              Weir weir();
              Map<String, String> extra();

              interface Weir {
                @WithDefault("true") boolean open();
              }
            }

            class Bell {
              Bell(@ConfigProperty(name = "headrace.bell", defaultValue = "brass") String metal) {}
            }
            """,
            new StringReader(
                """
                quarkus.http.port=8090
                headrace.sluice.open-for=6s
                quarkus.log.json=${headrace.log.json:false}
                %prod.quarkus.log.json=${headrace.log.json:true}
                %test.quarkus.log.json=${headrace.test.json:true}
                url=//${headrace.host:localhost}:${headrace.port}/
                """));
    assertThat(keys.byVariable())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "HEADRACE_SLUICE_OPEN_FOR", "6s",
                "HEADRACE_SLUICE_GATES", "2",
                "HEADRACE_SLUICE_KEEPER", "",
                "HEADRACE_SLUICE_WEIR_OPEN", "true",
                "HEADRACE_SLUICE_EXTRA__<NAME>_", "",
                "HEADRACE_BELL", "brass",
                "HEADRACE_LOG_JSON", "true",
                "HEADRACE_HOST", "localhost",
                "HEADRACE_PORT", ""));
    assertThat(keys.property("QUARKUS_HTTP_PORT")).contains("8090");
  }
}
