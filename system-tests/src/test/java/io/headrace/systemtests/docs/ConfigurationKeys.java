package io.headrace.systemtests.docs;

import com.sun.source.tree.AnnotationTree;
import com.sun.source.tree.AssignmentTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * The configuration keys that a service reads, and their defaults, as its sources have them: the
 * methods of {@code @ConfigMapping} interfaces, {@code @ConfigProperty}, and {@code
 * ${headrace.…:default}} in {@code application.properties}. Read from the sources, so that a
 * service need not be on the class path.
 */
final class ConfigurationKeys {

  /** What is said of a key without a default. */
  static final String NONE = "";

  private static final String OURS = "headrace.";
  private static final Pattern REFERENCE =
      Pattern.compile("\\$\\{(" + Pattern.quote(OURS) + "[^:}]+)(?::([^}]*))?}");

  private final Map<String, String> defaults = new TreeMap<>();
  private final Map<String, String> properties = new TreeMap<>();

  private ConfigurationKeys() {}

  static ConfigurationKeys of(Path service) {
    Path main = service.resolve("src/main");
    ConfigurationKeys keys = new ConfigurationKeys();
    try (Stream<Path> files = Files.walk(main.resolve("java"))) {
      keys.readSources(
          files
              .filter(file -> file.toString().endsWith(".java"))
              .map(ConfigurationKeys::text)
              .filter(text -> text.contains("@Config"))
              .toList());
      try (Reader reader =
          Files.newBufferedReader(main.resolve("resources/application.properties"))) {
        keys.readProperties(reader);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return keys;
  }

  static ConfigurationKeys of(String source, Reader properties) throws IOException {
    ConfigurationKeys keys = new ConfigurationKeys();
    keys.readSources(List.of(source));
    keys.readProperties(properties);
    return keys;
  }

  /** The defaults of our own keys, by the variable that sets each. */
  Map<String, String> byVariable() {
    return defaults.entrySet().stream()
        .collect(
            Collectors.toMap(
                entry -> variable(entry.getKey()),
                Map.Entry::getValue,
                (a, b) -> {
                  throw new IllegalStateException("two keys have one variable");
                },
                TreeMap::new));
  }

  /** What {@code application.properties} says of a key that is not ours, by its variable. */
  Optional<String> property(String variable) {
    return properties.entrySet().stream()
        .filter(entry -> variable(entry.getKey()).equals(variable))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  /** SmallRye's rule; a map's entry is written {@code key."<name>"}. */
  private static String variable(String key) {
    Matcher entry = Pattern.compile("(.*)\\.\"<name>\"").matcher(key);
    return entry.matches()
        ? variable(entry.group(1)) + "__<NAME>_"
        : key.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
  }

  private void add(String key, String value) {
    String other = defaults.putIfAbsent(key, value);
    if (other != null && !other.equals(value)) {
      throw new IllegalStateException(
          "%s has two defaults, '%s' and '%s'".formatted(key, other, value));
    }
  }

  private void readProperties(Reader reader) throws IOException {
    Properties file = new Properties();
    file.load(reader);
    // What `%prod.` says holds where a service runs; other profiles are for those who build it.
    file.stringPropertyNames().stream()
        .filter(name -> !name.startsWith("%"))
        .forEach(name -> properties.put(name, file.getProperty(name)));
    file.stringPropertyNames().stream()
        .filter(name -> name.startsWith("%prod."))
        .forEach(name -> properties.put(name.substring("%prod.".length()), file.getProperty(name)));
    properties.forEach(
        (name, value) -> {
          if (name.startsWith(OURS)) {
            defaults.put(name, value);
          }
          REFERENCE
              .matcher(value)
              .results()
              .forEach(
                  match -> add(match.group(1), match.group(2) == null ? NONE : match.group(2)));
        });
  }

  private void readSources(Collection<String> sources) throws IOException {
    List<JavaFileObject> files = new ArrayList<>();
    for (String source : sources) {
      files.add(new Source("Source%d.java".formatted(files.size()), source));
    }
    var compiler = ToolProvider.getSystemJavaCompiler();
    JavacTask task =
        (JavacTask) compiler.getTask(null, null, null, List.of("-proc:none"), null, files);
    for (CompilationUnitTree unit : task.parse()) {
      new TreeScanner<Void, Void>() {
        @Override
        public Void visitClass(ClassTree type, Void nothing) {
          argument(type.getModifiers(), "ConfigMapping", "prefix")
              .ifPresent(prefix -> addMapping(prefix, type));
          return super.visitClass(type, nothing);
        }

        @Override
        public Void visitModifiers(ModifiersTree modifiers, Void nothing) {
          argument(modifiers, "ConfigProperty", "name")
              .filter(name -> name.startsWith(OURS))
              .ifPresent(
                  name ->
                      add(
                          name,
                          argument(modifiers, "ConfigProperty", "defaultValue").orElse(NONE)));
          return super.visitModifiers(modifiers, nothing);
        }
      }.scan(unit, null);
    }
  }

  private void addMapping(String prefix, ClassTree type) {
    Map<String, ClassTree> groups =
        members(type, ClassTree.class).stream()
            .collect(
                Collectors.toMap(group -> group.getSimpleName().toString(), Function.identity()));
    for (MethodTree method : members(type, MethodTree.class)) {
      ModifiersTree modifiers = method.getModifiers();
      String key =
          prefix
              + "."
              + argument(modifiers, "WithName", "value")
                  .orElseGet(() -> kebab(method.getName().toString()));
      String returned = method.getReturnType().toString();
      ClassTree group = groups.get(returned);
      if (group != null) {
        addMapping(key, group);
      } else if (returned.startsWith("Map<")) {
        add(key + ".\"<name>\"", NONE);
      } else {
        add(key, argument(modifiers, "WithDefault", "value").orElse(NONE));
      }
    }
  }

  private static <T extends Tree> List<T> members(ClassTree type, Class<T> kind) {
    return type.getMembers().stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private static Optional<String> argument(
      ModifiersTree modifiers, String annotation, String name) {
    return modifiers.getAnnotations().stream()
        .filter(each -> each.getAnnotationType().toString().equals(annotation))
        .flatMap(each -> arguments(each).entrySet().stream())
        .filter(argument -> argument.getKey().equals(name))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private static Map<String, String> arguments(AnnotationTree annotation) {
    Map<String, String> arguments = new HashMap<>();
    for (ExpressionTree argument : annotation.getArguments()) {
      if (argument instanceof AssignmentTree assignment
          && assignment.getExpression() instanceof LiteralTree literal) {
        arguments.put(assignment.getVariable().toString(), literal.getValue().toString());
      } else if (argument instanceof LiteralTree literal) {
        arguments.put("value", literal.getValue().toString());
      }
    }
    return arguments;
  }

  private static String kebab(String camel) {
    return camel.replaceAll("(?<=.)(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A source file in memory. */
  private static final class Source extends SimpleJavaFileObject {

    private final String text;

    Source(String name, String text) {
      super(URI.create("string:///" + name), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
