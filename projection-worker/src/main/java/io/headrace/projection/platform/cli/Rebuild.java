package io.headrace.projection.platform.cli;

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
    if (arguments.length < 2) {
      System.err.println("Say which view: make rebuild VIEW=…");
      System.exit(2);
    }
    @Nullable Integer limit =
        arguments.length > 2 && !arguments[2].isBlank() ? Integer.valueOf(arguments[2]) : null;
    Console console = System.console();
    Rebuild rebuild =
        new Rebuild(
            URI.create(arguments[0]),
            arguments[1],
            System.out,
            console != null && console.isTerminal());
    System.exit(rebuild.run(limit));
  }

  int run(@Nullable Integer eventsPerSecond) throws InterruptedException {
    try {
      ObjectNode request = mapper.createObjectNode();
      if (eventsPerSecond != null) {
        request.put("eventsPerSecond", eventsPerSecond);
      }
      HttpResponse<String> begun = send("POST", "", request.toString());
      if (begun.statusCode() == 409) {
        out.println(mapper.readTree(begun.body()).path("detail").asText());
      } else if (begun.statusCode() != 202) {
        out.println(mapper.readTree(begun.body()).path("detail").asText(begun.body()));
        return 2;
      }
      return follow();
    } catch (IOException e) {
      out.printf("The worker at %s does not answer: %s%n", worker, e);
      return 2;
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
          out.printf("%nThe worker at %s does not answer any more: %s%n", worker, e);
          return 2;
        }
        show(failures < 4 ? lastLine : "The worker at %s does not answer".formatted(worker));
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
  private JsonNode state(HttpResponse<String> answer) throws IOException {
    JsonNode body = mapper.readTree(answer.body());
    if (answer.statusCode() != 200) {
      throw new IOException(body.path("detail").asText("status " + answer.statusCode()));
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
