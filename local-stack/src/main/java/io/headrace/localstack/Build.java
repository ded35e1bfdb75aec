package io.headrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the build made of a service, in one flavour.
 *
 * @param target the module's {@code target}
 */
record Build(String name, Flavour flavour, Path target) {

  /** Fails with what to do when the service is not built. */
  void require() {
    switch (flavour) {
      case JVM -> {
        if (!Files.exists(jar(application()))) {
          throw new LocalStackException(
              "%s is not built: there is no %s. \"make build\" builds it."
                  .formatted(name, jar(application())));
        }
      }
      case NATIVE -> runner();
    }
  }

  /** Puts all that it takes to run the service into a directory of its own. */
  void copyTo(Path directory) {
    require();
    Directories.delete(directory);
    try {
      switch (flavour) {
        case JVM -> copyTree(application(), directory);
        case NATIVE -> {
          Files.createDirectories(directory);
          Files.copy(
              runner(), executable(directory), StandardCopyOption.COPY_ATTRIBUTES); // It stays one.
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot copy " + name, e);
    }
  }

  /** The command that runs the copy. */
  List<String> command(Path directory, List<String> jvm) {
    List<String> command = new ArrayList<>();
    switch (flavour) {
      case JVM -> {
        command.add(Child.java());
        command.addAll(jvm);
        command.addAll(List.of("-jar", jar(directory).toString()));
      }
      case NATIVE -> {
        command.add(executable(directory).toString());
        // A binary knows the sizes of the heap, and takes the rest for arguments of the service.
        jvm.stream().filter(each -> each.matches("-Xm[snx].*")).forEach(command::add);
      }
    }
    return command;
  }

  private Path runner() {
    if (Files.isDirectory(target)) {
      try (Stream<Path> files = Files.list(target)) {
        List<Path> runners =
            files
                .filter(each -> each.getFileName().toString().endsWith("-runner"))
                .filter(each -> Files.isRegularFile(each) && Files.isExecutable(each))
                .toList();
        if (runners.size() == 1) {
          return runners.getFirst();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    throw new LocalStackException(
        "There is no native binary of %s, %s: \"make native\" builds it."
            .formatted(name, target.resolve("*-runner")));
  }

  private Path application() {
    return target.resolve("quarkus-app");
  }

  private static Path jar(Path directory) {
    return directory.resolve("quarkus-run.jar");
  }

  private Path executable(Path directory) {
    return directory.resolve(name);
  }

  private static void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> tree = Files.walk(from)) {
      for (Path path : tree.toList()) {
        Path target = to.resolve(from.relativize(path));
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }
}
