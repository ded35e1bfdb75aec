package io.headrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where the stack keeps what it unpacks, and what it throws away. */
final class Directories {
  private Directories() {}

  /** The per-user cache; below the temporary directory for a user without a home. */
  static Path cache() {
    String configured = System.getenv("XDG_CACHE_HOME");
    Path home =
        configured != null && !configured.isBlank()
            ? Path.of(configured)
            : Path.of(System.getProperty("user.home"), ".cache");
    Path cache = home.resolve("headrace");
    try {
      Files.createDirectories(cache);
      if (Files.isWritable(cache)) {
        return cache;
      }
    } catch (IOException e) {
      // No usable home: the temporary directory will do.
    }
    return temporary().resolve("cache");
  }

  /**
   * A new directory for the data of this JVM's servers, which {@link #sweep} removes once this JVM
   * is gone, should the JVM not come to it by itself.
   */
  static Path scratch(String name) {
    try {
      sweep();
      Path mine =
          Files.createDirectories(temporary().resolve("jvm-" + ProcessHandle.current().pid()));
      return Files.createTempDirectory(mine, name + "-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes a {@link #scratch} directory, and with the last of them what held them. */
  static void discard(Path scratch) {
    delete(scratch);
    Path mine = scratch.getParent();
    try (Stream<Path> others = Files.list(mine)) {
      if (others.findAny().isEmpty()) {
        delete(mine);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path temporary() {
    return Path.of(
        System.getProperty("java.io.tmpdir"), "headrace-" + System.getProperty("user.name"));
  }

  private static void sweep() throws IOException {
    if (!Files.isDirectory(temporary())) {
      return;
    }
    try (Stream<Path> owners = Files.list(temporary())) {
      for (Path owner :
          owners.filter(path -> path.getFileName().toString().startsWith("jvm-")).toList()) {
        long pid = Long.parseLong(owner.getFileName().toString().substring("jvm-".length()));
        if (ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty()) {
          delete(owner);
        }
      }
    }
  }

  /**
   * Deletes a directory with all that is in it; what others delete at the same time is no error.
   */
  static void delete(Path directory) {
    try {
      Files.walkFileTree(
          directory,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.deleteIfExists(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
              if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
              }
              throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path path, @Nullable IOException e)
                throws IOException {
              Files.deleteIfExists(path);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (NoSuchFileException e) {
      // Nothing to delete.
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot delete " + directory, e);
    }
  }
}
