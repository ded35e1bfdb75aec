package io.headrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What other processes ask of the process that runs a stack: files in a directory, so that who may
 * ask is a matter of file permissions and there is no port to guard. A request is {@code
 * <id>.request} with a verb and a part in it; the answer is {@code <id>.answer}, empty when it was
 * done, else the reason why not.
 */
final class Requests {
  private static final Duration PATIENCE = Duration.ofSeconds(150);

  private Requests() {}

  /** Asks, and returns when it is done. */
  static void ask(Path directory, StackState state, String verb, String part) {
    Path requests = directory.resolve("requests");
    String id = UUID.randomUUID().toString();
    Path answer = requests.resolve(id + ".answer");
    try {
      Files.createDirectories(requests);
      write(requests.resolve(id + ".request"), verb + " " + part);
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (!Files.exists(answer)) {
        if (System.nanoTime() > deadline || state.owner().find().isEmpty()) {
          throw new LocalStackException("The running stack did not answer.");
        }
        Thread.sleep(Duration.ofMillis(50));
      }
      String problem = Files.readString(answer);
      Files.delete(answer);
      if (!problem.isEmpty()) {
        throw new LocalStackException(problem);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot ask the running stack", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LocalStackException("Interrupted", e);
    }
  }

  /** Does what was asked since the last call. */
  static void serve(Path directory, Stack stack) {
    for (Path request : waiting(directory.resolve("requests"))) {
      try {
        String[] words = Files.readString(request).split(" ", 2);
        Files.delete(request);
        String id = request.getFileName().toString().replace(".request", "");
        write(request.resolveSibling(id + ".answer"), answer(stack, words[0], words[1]));
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot answer " + request, e);
      }
    }
  }

  private static String answer(Stack stack, String verb, String part) {
    try {
      switch (verb) {
        case "start" -> {
          stack.start(part);
          stack.awaitReady(part);
        }
        case "stop" -> stack.stop(part);
        case "restart" -> {
          stack.stop(part);
          stack.start(part);
          stack.awaitReady(part);
        }
        default -> throw new LocalStackException("Unknown request: " + verb);
      }
      return "";
    } catch (RuntimeException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static List<Path> waiting(Path requests) {
    try (Stream<Path> files = Files.list(requests)) {
      return files.filter(file -> file.toString().endsWith(".request")).sorted().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path file, String content) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.writeString(fresh, content);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
