package io.headrace.benchmarks.append;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured, of each kind once a round. */
final class Figures {

  private final Map<String, List<Double>> values = new LinkedHashMap<>();
  private final Map<String, String> units = new LinkedHashMap<>();
  private final Map<String, List<Double>> ratios = new LinkedHashMap<>();

  void add(String figure, String unit, double value) {
    units.put(figure, unit);
    values.computeIfAbsent(figure, f -> new ArrayList<>()).add(value);
    System.out.printf(Locale.ROOT, "  %-44s %,14.2f %s%n", figure, value, unit);
  }

  /** Of one round: both sides met the same weather. */
  void ratio(String ratio, double value) {
    ratios.computeIfAbsent(ratio, r -> new ArrayList<>()).add(value);
    System.out.printf(Locale.ROOT, "  %-44s %14.2f ×%n", ratio, value);
  }

  void print(String title) {
    System.out.printf("%n%s%n%-46s %14s %14s %14s%n", title, "", "min", "median", "max");
    values.forEach((figure, all) -> line(figure, all, units.getOrDefault(figure, "")));
    ratios.forEach((ratio, all) -> line(ratio, all, "×"));
  }

  private static void line(String name, List<Double> all, String unit) {
    System.out.printf(
        Locale.ROOT,
        "%-46s %,14.2f %,14.2f %,14.2f %s%n",
        name,
        at(all, 0),
        at(all, 0.5),
        at(all, 1),
        unit);
  }

  void write(Path file, String name, String machine, int rounds, boolean quick) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = mapper.createObjectNode();
    json.put("name", name).put("quick", quick).put("machine", machine).put("rounds", rounds);
    ArrayNode figures = json.putArray("figures");
    values.forEach(
        (figure, all) ->
            figures
                .addObject()
                .put("name", figure)
                .put("unit", units.get(figure))
                .put("min", rounded(at(all, 0)))
                .put("median", rounded(at(all, 0.5)))
                .put("max", rounded(at(all, 1))));
    ObjectNode medians = json.putObject("ratios");
    ratios.forEach((ratio, all) -> medians.put(ratio, rounded(at(all, 0.5))));
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.write(file, mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(json));
    System.out.println("\nwritten to " + file);
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  /** The value at a place between the smallest (0) and the largest (1). */
  private static double at(List<Double> all, double place) {
    List<Double> sorted = all.stream().sorted().toList();
    double index = place * (sorted.size() - 1);
    double low = sorted.get((int) Math.floor(index));
    double high = sorted.get((int) Math.ceil(index));
    return low + (high - low) * (index - Math.floor(index));
  }
}
