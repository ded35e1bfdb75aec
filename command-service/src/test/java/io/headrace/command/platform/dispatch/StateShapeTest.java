package io.headrace.command.platform.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One state type as it changes from one version of the code to the next. Each version is compiled
 * by itself, so that the types have the same names: those of two classes side by side would differ
 * already.
 */
class StateShapeTest {

  private static final String STATE =
      """
      import com.fasterxml.jackson.annotation.*;
      import java.util.*;

      @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "status")
      @JsonSubTypes({
        @JsonSubTypes.Type(value = State.None.class, name = "none"),
        @JsonSubTypes.Type(value = State.Open.class, name = "open")
      })
      public sealed interface State {
        record None() implements State {}
        record Open(long total, List<Line> lines, Colour colour) implements State {}
        record Closed(String reason) implements State {}
        record Line(String text, int weight) {}
        enum Colour { RED, BLUE }
      }
      """;

  @TempDir private Path folder;
  private final List<URLClassLoader> loaders = new ArrayList<>();

  @AfterEach
  void close() throws IOException {
    for (URLClassLoader loader : loaders) {
      loader.close();
    }
  }

  @Test
  void the_same_type_has_the_same_shape_wherever_it_is_loaded() throws Exception {
    assertThat(shape(STATE)).isEqualTo(shape(STATE)).hasSize(32);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "a component more,           long total,        `long total, long tax`",
        "a component less,           `, Colour colour`, ``",
        "a component renamed,        long total,        long sum",
        "a component retyped,        long total,        int total",
        "another collection,         List<Line> lines,  Set<Line> lines",
        "other elements,             List<Line> lines,  List<String> lines",
        "a nested component more,    int weight,        `int weight, int height`",
        "a nested component renamed, int weight,        int grams",
        "a nested component retyped, int weight,        long weight",
        "an enum constant more,      `RED, BLUE`,       `RED, BLUE, GREEN`",
        "an enum constant renamed,   `RED, BLUE`,       `RED, AZURE`",
        "another name of a subtype,  `\"open\"`,        `\"opened\"`",
        "another subtype,            `@JsonSubTypes.Type(value = State.None.class, name = \"none\"),`,"
            + " `@JsonSubTypes.Type(value = State.None.class, name = \"none\"),"
            + " @JsonSubTypes.Type(value = State.Closed.class, name = \"closed\"),`",
        "another subtype of a name,  `State.Open.class, name = \"open\"`,"
            + " `State.Closed.class, name = \"open\"`",
        "another place of the name,  `\"status\"`,      `\"kind\"`",
        // The JSON changes and nothing else does.
        "renamed for Jackson,        long total,        `@JsonProperty(\"sum\") long total`",
        "renamed at the accessor,    `int weight) {}`,"
            + " `int weight) { @JsonProperty(\"grams\") public int weight() { return weight; } }`",
        "renamed at the parameter,   `int weight) {}`,"
            + " `int weight) { public Line(String text, @JsonProperty(\"grams\") int weight)"
            + " { this.text = text; this.weight = weight; } }`",
        "names swapped,              `String text, int weight`,"
            + " `@JsonProperty(\"weight\") String text, @JsonProperty(\"text\") int weight`",
        "left out for Jackson,       long total,        @JsonIgnore long total",
        "a constant renamed for it,  `RED, BLUE`,       `@JsonProperty(\"red\") RED, BLUE`"
      })
  void whatever_changes_the_json_changes_the_shape(String what, String before, String after)
      throws Exception {
    String changed = STATE.replace(before, after == null ? "" : after);
    assertThat(changed).as("%s: there is something to replace", what).isNotEqualTo(STATE);
    assertThat(shape(changed)).as(what).isNotEqualTo(shape(STATE));
  }

  @Test
  void another_way_of_folding_the_same_type_is_another_shape() throws Exception {
    Class<?> type = compile(STATE);
    assertThat(StateShape.of(type, 2)).isNotEqualTo(StateShape.of(type, 1));
  }

  private String shape(String source) throws Exception {
    return StateShape.of(compile(source), 1);
  }

  private Class<?> compile(String source) throws Exception {
    Path version = Files.createTempDirectory(folder, "version");
    Path file = Files.writeString(version.resolve("State.java"), source);
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-proc:none",
                "-classpath",
                jackson(),
                "-d",
                version.toString(),
                file.toString());
    assertThat(result).as("compiled: %s", source).isZero();
    var loader =
        new URLClassLoader(
            new URL[] {version.toUri().toURL()}, StateShapeTest.class.getClassLoader());
    loaders.add(loader);
    return loader.loadClass("State");
  }

  private static String jackson() throws URISyntaxException {
    return Path.of(JsonProperty.class.getProtectionDomain().getCodeSource().getLocation().toURI())
        .toString();
  }
}
