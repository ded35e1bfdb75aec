package io.headrace.localstack;

import java.nio.file.Path;

/** Unpacks PostgreSQL in a JVM of its own. */
final class Unpack {
  private Unpack() {}

  public static void main(String[] arguments) {
    PostgresBinaries.unpack(Path.of(arguments[0]));
  }
}
