package io.headrace.systemtests;

import io.headrace.localstack.LocalStackException;
import io.headrace.localstack.RunningStack;
import io.headrace.localstack.Stack;
import io.headrace.localstack.StackOptions;
import io.headrace.systemtests.olist.BadDataException;
import io.headrace.systemtests.olist.OlistData;
import io.headrace.systemtests.olist.OlistReader;
import io.headrace.systemtests.replay.Api;
import io.headrace.systemtests.replay.Expected;
import io.headrace.systemtests.replay.Model;
import io.headrace.systemtests.replay.Observed;
import io.headrace.systemtests.replay.Reconciliation;
import io.headrace.systemtests.replay.ReplayRun;
import io.headrace.systemtests.replay.TerminalProgress;
import io.headrace.systemtests.replay.Timeline;
import io.headrace.systemtests.replay.Views;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Replays real orders and checks what came out. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Sends the life of every order of a folder in Olist's format through the command API, in the"
          + " order it happened; waits until the views have caught up; then compares all that came"
          + " out with what the files alone say should.",
      "Uses the stack that runs from this checkout, or starts one of its own for the time."
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:everything is as expected",
      "1:a difference, or a service that stayed away for too long",
      "2:bad options or bad data; nothing was sent"
    })
public final class Replay implements Callable<Integer> {

  @Parameters(paramLabel = "FOLDER", description = "The six CSV files.")
  private Path folder = Path.of("");

  @Option(
      names = "--command-url",
      paramLabel = "URL",
      description = "Of a command service that runs elsewhere; needs --query-url.")
  private @Nullable URI commandUrl;

  @Option(names = "--query-url", paramLabel = "URL", description = "Of its query service.")
  private @Nullable URI queryUrl;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      defaultValue = "64",
      description = "Requests at once (default: ${DEFAULT-VALUE}).")
  private int concurrency;

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      defaultValue = "120",
      description =
          "How long a service may be away, and a reaction or a view stand still"
              + " (default: ${DEFAULT-VALUE}).")
  private int patience;

  @Option(
      names = "--run-id",
      paramLabel = "ID",
      description =
          "Begins every id, so that the same orders can be replayed again (default: none on a stack"
              + " without orders, else the time).")
  private @Nullable String runId;

  @Option(names = "--dry-run", description = "Only print what is expected; send nothing.")
  private boolean dryRun;

  @Option(
      names = "--checkout",
      paramLabel = "FOLDER",
      defaultValue = ".",
      description = "Where Headrace was built (default: the current folder).")
  private Path checkout = Path.of(".");

  @Spec private CommandSpec spec = CommandSpec.create();

  public static void main(String... args) {
    System.exit(new CommandLine(new Replay()).execute(args));
  }

  @Override
  public Integer call() throws InterruptedException {
    requireGoodOptions();
    try {
      OlistData data = OlistReader.read(folder);
      System.out.printf("%,d orders in %s%n", data.orders().size(), folder);
      data.remarks().forEach(remark -> System.out.println("Note: " + remark + "."));
      if (dryRun) {
        Expected expected = Model.of(Timeline.of(data));
        System.out.print(Reconciliation.of(expected, Observed.exactly(expected)).expectedTable());
        return 0;
      }
      if (commandUrl != null && queryUrl != null) {
        return replay(data, commandUrl, queryUrl);
      }
      Optional<RunningStack> running = RunningStack.find(checkout);
      if (running.isPresent()) {
        System.out.println("Using the running stack at " + running.get().commandUrl());
        return replay(
            data, URI.create(running.get().commandUrl()), URI.create(running.get().queryUrl()));
      }
      System.out.println("No stack is running; starting one for this replay.");
      try (Stack stack = startStack()) {
        return replay(data, URI.create(stack.commandUrl()), URI.create(stack.queryUrl()));
      }
    } catch (BadDataException | ReplayRun.AlreadyReplayedException e) {
      System.err.println(e.getMessage());
      return 2;
    } catch (LocalStackException | Api.GaveUpException | Views.UnexpectedAnswerException e) {
      System.err.println("The replay failed: " + e.getMessage());
      return 1;
    }
  }

  private Stack startStack() {
    return Stack.start(StackOptions.throwaway(checkout), line -> System.out.println("  " + line));
  }

  private void requireGoodOptions() {
    if ((commandUrl == null) != (queryUrl == null)) {
      throw bad("--command-url and --query-url belong together.");
    }
    if (concurrency < 1 || concurrency > 1_000) {
      throw bad("--concurrency must be from 1 to 1000.");
    }
    if (patience < 1) {
      throw bad("--patience must be at least 1.");
    }
    if (runId != null && !runId.matches("[A-Za-z0-9][A-Za-z0-9_-]{0,39}")) {
      throw bad("--run-id may have up to 40 letters, digits, - and _, and begins with neither.");
    }
  }

  private ParameterException bad(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private int replay(OlistData data, URI commands, URI queries) throws InterruptedException {
    ReplayRun.Result result;
    try (TerminalProgress progress = Terminal.progress();
        ReplayRun run =
            new ReplayRun(
                commands,
                queries,
                new ReplayRun.Settings(concurrency, Duration.ofSeconds(patience)),
                progress)) {
      result = run.replay(data, runId);
    }
    System.out.println();
    System.out.print(result.reconciliation().table());
    System.out.println();
    System.out.printf(
        "%,d commands in %.1f s: %,.0f commands/s, %,d requests sent again; views caught up after"
            + " %.1f s%s%n",
        result.run().sent(),
        result.run().duration().toNanos() / 1e9,
        result.run().commandsPerSecond(),
        result.retries(),
        result.catchUp().toNanos() / 1e9,
        result.runId().isEmpty() ? "" : "; ids begin with " + result.runId() + "-");
    if (result.reconciliation().holds()) {
      System.out.println("Everything is as expected.");
      return 0;
    }
    System.out.printf("%n%,d differences:%n", result.reconciliation().differences().size());
    result.reconciliation().differences().forEach(line -> System.out.println("  " + line));
    return 1;
  }
}
