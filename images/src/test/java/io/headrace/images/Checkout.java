package io.headrace.images;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the build has made, and where. */
final class Checkout {

  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  static final Path IMAGES = ROOT.resolve("target/images");
  static final List<String> SERVICES =
      List.of("command-service", "query-service", "outbox-relay", "projection-worker");

  /** An image of `make images`, as its list of digests has it. */
  record Image(String name, String digest) {

    String service() {
      return name.substring(name.indexOf('/') + 1, name.indexOf(':'));
    }

    String tag() {
      return name.substring(name.indexOf(':') + 1);
    }

    Path file(String suffix) {
      return IMAGES.resolve("headrace-%s-%s%s".formatted(service(), tag(), suffix));
    }

    boolean hasJava() {
      return tag().endsWith("-jvm");
    }

    /** The name in podman's store. */
    String local() {
      return "localhost/" + name;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private Checkout() {}

  static List<Image> images() {
    try {
      return Files.readAllLines(IMAGES.resolve("digests")).stream()
          .map(line -> line.split(" "))
          .map(line -> new Image(line[1], line[0]))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("There are no images: \"make images\" builds them.", e);
    }
  }

  static Image jvm(String service) {
    return images().stream()
        .filter(each -> each.service().equals(service) && each.hasJava())
        .findFirst()
        .orElseThrow(() -> new AssertionError("\"make images\" has built no " + service));
  }
}
