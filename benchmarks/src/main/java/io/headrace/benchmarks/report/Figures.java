package io.headrace.benchmarks.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What was measured, of each kind once a round. */
public final class Figures {

  private final String name;
  private final boolean quick;
  private final Map<String, List<Double>> values = new LinkedHashMap<>();
  private final Map<String, String> units = new LinkedHashMap<>();
  private final Map<String, List<Double>> ratios = new LinkedHashMap<>();

  public Figures(String name, boolean quick) {
    this.name = name;
    this.quick = quick;
  }

  public void add(String figure, String unit, double value) {
    units.put(figure, unit);
    values.computeIfAbsent(figure, _ -> new ArrayList<>()).add(value);
    System.out.printf(Locale.ROOT, "  %-44s %,14.1f %s%n", figure, value, unit);
  }

  /** Of one round: both sides met the same weather. */
  public void ratio(String ratio, double value) {
    ratios.computeIfAbsent(ratio, _ -> new ArrayList<>()).add(value);
  }

  public void print() {
    System.out.printf(
        "%n%s%s%n%-46s %14s %14s %14s%n",
        name, quick ? " (QUICK: not to be quoted)" : "", "", "min", "median", "max");
    values.forEach(
        (figure, all) ->
            System.out.printf(
                Locale.ROOT,
                "%-46s %,14.1f %,14.1f %,14.1f %s%n",
                figure,
                min(all),
                median(all),
                max(all),
                units.get(figure)));
    ratios.forEach(
        (ratio, all) ->
            System.out.printf(
                Locale.ROOT,
                "%-46s %14.2f %14.2f %14.2f ×%n",
                ratio,
                min(all),
                median(all),
                max(all)));
  }

  public void write(Path file, int rounds) throws IOException {
    String figures =
        values.entrySet().stream()
            .map(
                figure ->
                    String.format(
                        Locale.ROOT,
                        "    {\"name\": \"%s\", \"unit\": \"%s\", \"min\": %.3f, \"median\": %.3f, \"max\": %.3f}",
                        figure.getKey(),
                        units.get(figure.getKey()),
                        min(figure.getValue()),
                        median(figure.getValue()),
                        max(figure.getValue())))
            .collect(Collectors.joining(",\n"));
    String quotients =
        ratios.entrySet().stream()
            .map(
                ratio ->
                    String.format(
                        Locale.ROOT, "    \"%s\": %.3f", ratio.getKey(), median(ratio.getValue())))
            .collect(Collectors.joining(",\n"));
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(
        file,
        """
        {
          "name": "%s",
          "quick": %s,
          "machine": "%s",
          "rounds": %d,
          "figures": [
        %s
          ],
          "ratios": {
        %s
          }
        }
        """
            .formatted(name, quick, machine(), rounds, figures, quotients));
    System.out.println("\nwritten to " + file);
  }

  private static String machine() {
    return "%d processors, %s %s, Java %s"
        .formatted(
            Runtime.getRuntime().availableProcessors(),
            System.getProperty("os.name"),
            System.getProperty("os.arch"),
            System.getProperty("java.version"));
  }

  private static double min(List<Double> all) {
    return all.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
  }

  private static double max(List<Double> all) {
    return all.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
  }

  private static double median(List<Double> all) {
    double[] sorted = all.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
