package io.headrace.localstack;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What the services of a stack run as. */
public enum Flavour {
  /** A JVM each, from {@code target/quarkus-app}. */
  JVM,
  /** The executables of {@code make native}, {@code target/*-runner}. */
  NATIVE;

  /** The system property that chooses for the stacks of this JVM. */
  public static final String PROPERTY = "headrace.stack.flavour";

  /** What {@value #PROPERTY} says; a JVM when it says nothing. */
  public static Flavour chosen() {
    String name = System.getProperty(PROPERTY, "jvm");
    return Arrays.stream(values())
        .filter(each -> each.word().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new LocalStackException(
                    "%s is one of %s, not \"%s\"."
                        .formatted(
                            PROPERTY,
                            Arrays.stream(values())
                                .map(Flavour::word)
                                .collect(Collectors.joining(", ")),
                            name)));
  }

  private String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
