package io.headrace.systemtests;

import io.headrace.systemtests.olist.BadDataException;
import io.headrace.systemtests.olist.OlistGenerator;
import io.headrace.systemtests.replay.TerminalProgress;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes orders to replay. */
@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Writes a folder of orders in the format of Olist's data set, with its oddities:"
            + " the same number and seed give the same files.",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {"0:the folder is written", "2:bad options, or the folder is not ours"})
public final class Generate implements Callable<Integer> {

  private static final int STEP = 1_000;

  @Parameters(
      paramLabel = "FOLDER",
      description = "Where to write; new, empty or generated before.")
  private Path folder = Path.of("");

  @Option(
      names = "--orders",
      paramLabel = "N",
      defaultValue = "1000",
      description = "How many orders (default: ${DEFAULT-VALUE}).")
  private int orders;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Chooses the orders (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Spec private CommandSpec spec = CommandSpec.create();

  public static void main(String... args) {
    System.exit(new CommandLine(new Generate()).execute(args));
  }

  @Override
  public Integer call() {
    if (orders < 1) {
      throw new ParameterException(spec.commandLine(), "--orders must be at least 1.");
    }
    try (TerminalProgress progress = Terminal.progress()) {
      progress.begin("Generate", orders);
      OlistGenerator.generate(
          folder,
          orders,
          seed,
          done -> {
            if (done % STEP == 0 || done == orders) {
              progress.step(done, "");
            }
          });
    } catch (BadDataException e) {
      System.err.println(e.getMessage());
      return 2;
    }
    System.out.printf(
        "%,d orders of seed %d are in %s%n", orders, seed, folder.toAbsolutePath().normalize());
    return 0;
  }
}
