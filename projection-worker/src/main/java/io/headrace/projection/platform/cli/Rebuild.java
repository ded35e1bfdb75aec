package io.headrace.projection.platform.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * {@code make rebuild VIEW=…}: begins a rebuild, or joins one that is under way, and shows how far
 * it is. Exit status 0 when the new generation is live, 1 when it is not, 2 when nothing could be
 * asked.
 */
public final class Rebuild {

  private static final int WIDTH = 40;
  private static final Duration EVERY = Duration.ofMillis(250);

  private final URI worker;
  private final String view;
  private final PrintStream out;
  private final boolean terminal;
  private final ObjectMapper mapper = new ObjectMapper();
  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private String lastLine = "";

  Rebuild(URI worker, String view, PrintStream out, boolean terminal) {
    this.worker = worker;
    this.view = view;
    this.out = out;
    this.terminal = terminal;
  }

  /** Arguments: the worker's URL, the view, and, if wanted, the most events a second. */
  public static void main(String[] arguments) throws InterruptedException {
    Console console = System.console();
    System.exit(run(arguments, System.out, console != null && console.isTerminal()));
  }

  static int run(String[] arguments, PrintStream out, boolean terminal)
      throws InterruptedException {
    if (arguments.length < 2) {
      out.println("Say which view: make rebuild VIEW=…");
      return 2;
    }
    Integer limit = null;
    if (arguments.length > 2 && !arguments[2].isBlank()) {
      try {
        limit = Integer.valueOf(arguments[2]);
      } catch (NumberFormatException e) {
        out.printf("RATE must be a whole number of events a second, and is '%s'%n", arguments[2]);
        return 2;
      }
    }
    return new Rebuild(URI.create(arguments[0]), arguments[1], out, terminal).run(limit);
  }

  int run(@Nullable Integer eventsPerSecond) throws InterruptedException {
    try {
      ObjectNode request = mapper.createObjectNode();
      if (eventsPerSecond != null) {
        request.put("eventsPerSecond", eventsPerSecond);
      }
      HttpResponse<String> begun = send("POST", "", request.toString());
      if (begun.statusCode() == 409) {
        out.println(json(begun).path("detail").asText());
      } else if (begun.statusCode() != 202) {
        out.println(json(begun).path("detail").asText(begun.body()));
        return 2;
      }
      return follow();
    } catch (IOException e) {
      out.println(trouble(e));
      return 2;
    }
  }

  /** The worker answers, and not with what it was asked for. */
  private static final class AnswerException extends IOException {
    private static final long serialVersionUID = 1L;

    AnswerException(String message) {
      super(message);
    }
  }

  private String trouble(IOException e) {
    return e instanceof AnswerException
        ? e.getMessage()
        : "The worker at %s does not answer: %s".formatted(worker, e);
  }

  private JsonNode json(HttpResponse<String> answer) throws AnswerException {
    try {
      return mapper.readTree(answer.body());
    } catch (JsonProcessingException e) {
      throw new AnswerException(
          "What answers at %s (status %d) is no projection worker: it is not JSON"
              .formatted(worker, answer.statusCode()));
    }
  }

  private int follow() throws InterruptedException {
    int failures = 0;
    while (true) {
      Thread.sleep(EVERY);
      JsonNode state;
      try {
        state = state(send("GET", "", null));
        failures = 0;
      } catch (IOException e) {
        // It may be restarting; whoever comes next goes on with the rebuild.
        if (++failures > 240) {
          out.printf("%n%s%n", trouble(e));
          return 2;
        }
        show(failures < 4 ? lastLine : trouble(e));
        continue;
      }
      show(line(state));
      switch (state.path("phase").asText()) {
        case "swapped" -> {
          return end(
              "Generation %d of view %s is live. The former one: POST %s/views/%s/rollback"
                  .formatted(state.path("generation").asInt(), view, worker, view),
              state,
              0);
        }
        case "different" -> {
          if (!state.path("accepted").asBoolean()) {
            return end(
                "It differs from the live one: POST …/rebuild/accept {by, note} has it take over, DELETE …/rebuild gives it up.",
                state,
                1);
          }
        }
        case "abandoned" -> {
          return end("It was abandoned.", state, 1);
        }
        default -> {}
      }
    }
  }

  /** A problem is no state; that of a database which is down passes like that of a worker. */
  private JsonNode state(HttpResponse<String> answer) throws AnswerException {
    JsonNode body = json(answer);
    if (answer.statusCode() != 200) {
      throw new AnswerException(
          "The worker at %s answers: %s"
              .formatted(worker, body.path("detail").asText("status " + answer.statusCode())));
    }
    return body;
  }

  private int end(String sentence, JsonNode state, int status) {
    out.println();
    for (JsonNode table : state.path("comparison").path("tables")) {
      long differing =
          table.path("onlyInOld").asLong()
              + table.path("onlyInNew").asLong()
              + table.path("changed").asLong();
      out.printf(
          "  %-20s %,12d rows, %s%n",
          table.path("name").asText(),
          table.path("newRows").asLong(),
          differing == 0 ? "all equal" : "%,d differ".formatted(differing));
      for (JsonNode example : table.path("examples")) {
        out.printf(
            "    %s: %s %s%n",
            example.path("key").asText(),
            example.path("kind").asText(),
            example.path("columns").isMissingNode() ? "" : example.path("columns"));
      }
    }
    out.println(sentence);
    return status;
  }

  String line(JsonNode state) {
    String phase = state.path("phase").asText();
    long done = state.path("eventsDone").asLong();
    long total = Math.max(done, state.path("eventsTotal").asLong());
    double share = !phase.equals("log") ? 1 : total == 0 ? 0 : (double) done / total;
    int filled = (int) (share * WIDTH);
    StringBuilder line =
        new StringBuilder(
            "%s g%d [%s%s] %3d%% %,d/%,d events"
                .formatted(
                    view,
                    state.path("generation").asInt(),
                    "#".repeat(filled),
                    " ".repeat(WIDTH - filled),
                    (int) (share * 100),
                    done,
                    total));
    if (state.path("paused").asBoolean()) {
      line.append(", paused");
    } else if (phase.equals("log")) {
      if (state.has("eventsRate")) {
        line.append(", %,.0f/s".formatted(state.path("eventsRate").asDouble()));
      }
      if (state.has("secondsLeft")) {
        long left = state.path("secondsLeft").asLong();
        line.append(", %d:%02d left".formatted(left / 60, left % 60));
      }
    } else {
      line.append(", ").append(phase.equals("topic") ? "catching up with Kafka" : phase);
    }
    if (state.has("failure")) {
      line.append(", ").append(state.path("failure").asText());
    }
    return line.toString();
  }

  private void show(String line) {
    if (terminal) {
      out.printf("\r%s%s", line, " ".repeat(Math.max(0, lastLine.length() - line.length())));
      out.flush();
    } else if (!line.equals(lastLine)) {
      out.println(line);
    }
    lastLine = line;
  }

  private HttpResponse<String> send(String method, String path, @Nullable String body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(worker.resolve("/views/" + view + "/rebuild" + path))
            .timeout(Duration.ofSeconds(15))
            .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }
}
