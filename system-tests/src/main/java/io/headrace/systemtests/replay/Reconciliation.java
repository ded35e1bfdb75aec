package io.headrace.systemtests.replay;

import io.headrace.systemtests.replay.Expected.ExpectedStep;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Expected against observed: a table of totals, and a sentence for every single difference.
 *
 * @param differences empty if, and only if, all is as expected
 */
public record Reconciliation(List<Section> sections, List<String> differences) {

  public record Section(String title, List<Line> lines) {}

  public record Line(String what, String expected, String got) {
    boolean equal() {
      return expected.equals(got);
    }
  }

  public boolean holds() {
    return differences.isEmpty();
  }

  public static Reconciliation of(Expected expected, Observed observed) {
    List<String> differences = new ArrayList<>();
    List<Section> sections =
        List.of(
            commands(expected, observed, differences),
            orders(expected, observed, differences),
            reviews(expected, observed),
            sellers(expected, observed, differences),
            days(expected, observed, differences),
            customers(expected, observed, differences),
            streams(expected, observed, differences));
    // The totals follow from the rows; should one differ all the same, it must not pass unseen.
    if (differences.isEmpty()) {
      for (Section section : sections) {
        for (Line line : section.lines()) {
          if (!line.equal()) {
            differences.add(
                "%s, %s: expected %s, got %s"
                    .formatted(section.title(), line.what(), line.expected(), line.got()));
          }
        }
      }
    }
    return new Reconciliation(sections, List.copyOf(differences));
  }

  private static Section commands(Expected expected, Observed observed, List<String> differences) {
    Map<String, Integer> wanted = new TreeMap<>();
    Map<String, Integer> got = new TreeMap<>();
    for (int i = 0; i < expected.steps().size(); i++) {
      ExpectedStep step = expected.steps().get(i);
      Outcome outcome = observed.outcomes().get(i);
      wanted.merge(step.outcome().label(), 1, Integer::sum);
      // Each failure has its own text; the table counts them, the differences tell them.
      String label = outcome instanceof Outcome.Failed ? "failed" : outcome.label();
      got.merge(label, 1, Integer::sum);
      if (!outcome.equals(step.outcome())) {
        differences.add(
            "%s %s at %s: expected %s, got %s"
                .formatted(
                    step.step().command(),
                    step.step().stream().path(),
                    step.step().at(),
                    step.outcome().label(),
                    outcome.label()));
      }
    }
    observed
        .missedReactions()
        .forEach(missed -> differences.add("a reaction is missing " + missed));
    List<Line> lines = new ArrayList<>();
    union(wanted.keySet(), got.keySet())
        .forEach(
            label ->
                lines.add(line(label, wanted.getOrDefault(label, 0), got.getOrDefault(label, 0))));
    return new Section("commands", lines);
  }

  private static Section orders(Expected expected, Observed observed, List<String> differences) {
    for (OrderRow row : expected.orders().values()) {
      OrderRow got = observed.orders().get(row.orderId());
      if (got == null) {
        differences.add("order %s is not in the view".formatted(row.orderId()));
      } else {
        row.differencesTo(got)
            .forEach(field -> differences.add("order " + row.orderId() + ", " + field));
      }
    }
    for (String refused : expected.refusedOrders()) {
      if (observed.orders().containsKey(refused)) {
        differences.add("order %s was refused, but is in the view".formatted(refused));
      }
    }
    Collection<OrderRow> wanted = expected.orders().values();
    Collection<OrderRow> got = observed.orders().values();
    List<Line> lines = new ArrayList<>();
    lines.add(line("all", wanted.size(), got.size()));
    Map<String, Integer> wantedStatus = count(wanted);
    Map<String, Integer> gotStatus = count(got);
    for (String status : union(wantedStatus.keySet(), gotStatus.keySet())) {
      lines.add(
          line(status, wantedStatus.getOrDefault(status, 0), gotStatus.getOrDefault(status, 0)));
    }
    lines.add(
        line(
            "delivered late", sum(wanted, r -> r.late() ? 1 : 0), sum(got, r -> r.late() ? 1 : 0)));
    lines.add(line("total", money(wanted, OrderRow::total), money(got, OrderRow::total)));
    lines.add(line("paid", money(wanted, OrderRow::paid), money(got, OrderRow::paid)));
    lines.add(line("refunded", money(wanted, OrderRow::refunded), money(got, OrderRow::refunded)));
    return new Section("orders", lines);
  }

  private static Map<String, Integer> count(Collection<OrderRow> rows) {
    Map<String, Integer> counts = new HashMap<>();
    rows.forEach(row -> counts.merge(row.status(), 1, Integer::sum));
    return counts;
  }

  private static Section reviews(Expected expected, Observed observed) {
    return new Section(
        "reviews",
        List.of(
            line(
                "all",
                sum(expected.orders().values(), OrderRow::reviews),
                sum(observed.orders().values(), OrderRow::reviews)),
            line(
                "average score of orders",
                averageScore(expected.orders().values()),
                averageScore(observed.orders().values()))));
  }

  private static @Nullable BigDecimal averageScore(Collection<OrderRow> rows) {
    List<Integer> scores =
        rows.stream().map(OrderRow::reviewScore).filter(Objects::nonNull).toList();
    return Model.average(scores.stream().mapToInt(Integer::intValue).sum(), scores.size());
  }

  private static Section sellers(Expected expected, Observed observed, List<String> differences) {
    compare("seller", expected.sellers(), observed.sellers(), SellerRow.NOTHING, differences);
    Collection<SellerRow> wanted = expected.sellers().values();
    Collection<SellerRow> got = observed.sellers().values();
    return new Section(
        "sellers",
        List.of(
            line("all", wanted.size(), got.size()),
            line("orders", sum(wanted, SellerRow::orders), sum(got, SellerRow::orders)),
            line("units", sum(wanted, SellerRow::units), sum(got, SellerRow::units)),
            line("revenue", money(wanted, SellerRow::revenue), money(got, SellerRow::revenue)),
            line(
                "late deliveries",
                sum(wanted, SellerRow::lateDeliveries),
                sum(got, SellerRow::lateDeliveries)),
            line("reviews", sum(wanted, SellerRow::reviews), sum(got, SellerRow::reviews))));
  }

  private static Section days(Expected expected, Observed observed, List<String> differences) {
    compare("day", expected.days(), observed.days(), DayRow.NOTHING, differences);
    Collection<DayRow> wanted = expected.days().values();
    // A day on which only others sold is not one of the replay's.
    Map<LocalDate, DayRow> sold = new TreeMap<>(observed.days());
    sold.values().removeIf(DayRow.NOTHING::equals);
    Collection<DayRow> got = sold.values();
    return new Section(
        "daily sales",
        List.of(
            line("days", wanted.size(), got.size()),
            line("orders", sum(wanted, DayRow::orders), sum(got, DayRow::orders)),
            line("revenue", money(wanted, DayRow::revenue), money(got, DayRow::revenue)),
            line("cancelled", sum(wanted, DayRow::cancelled), sum(got, DayRow::cancelled)),
            line("rejected", sum(wanted, DayRow::rejected), sum(got, DayRow::rejected))));
  }

  private static Section customers(Expected expected, Observed observed, List<String> differences) {
    Map<String, List<String>> wanted = ordersOfCustomers(expected);
    compare("customer", wanted, observed.customers(), List.of(), differences);
    return new Section(
        "customers",
        List.of(
            line(
                "with orders",
                wanted.size(),
                (int) observed.customers().values().stream().filter(o -> !o.isEmpty()).count()),
            line(
                "with several",
                (int) wanted.values().stream().filter(o -> o.size() > 1).count(),
                (int) observed.customers().values().stream().filter(o -> o.size() > 1).count())));
  }

  static Map<String, List<String>> ordersOfCustomers(Expected expected) {
    Map<String, List<String>> orders = new TreeMap<>();
    expected
        .orders()
        .values()
        .forEach(
            row ->
                orders
                    .computeIfAbsent(row.customerId(), _ -> new ArrayList<>())
                    .add(row.orderId()));
    return orders;
  }

  private static Section streams(Expected expected, Observed observed, List<String> differences) {
    compare("stream version", expected.streams(), observed.streams(), 0, differences);
    return new Section(
        "event log",
        List.of(
            line("streams", expected.streams().size(), present(observed.streams())),
            line(
                "events",
                sum(expected.streams().values(), v -> v),
                sum(observed.streams().values(), v -> v))));
  }

  private static int present(Map<StreamRef, Integer> streams) {
    return (int) streams.values().stream().filter(version -> version > 0).count();
  }

  private static <K extends Comparable<? super K>, V> void compare(
      String what, Map<K, V> expected, Map<K, V> got, V nothing, List<String> differences) {
    for (K key : union(expected.keySet(), got.keySet())) {
      V wanted = expected.getOrDefault(key, nothing);
      V actual = got.getOrDefault(key, nothing);
      if (!wanted.equals(actual)) {
        String name = key instanceof StreamRef stream ? stream.path() : String.valueOf(key);
        differences.add("%s %s: expected %s, got %s".formatted(what, name, wanted, actual));
      }
    }
  }

  private static <K extends Comparable<? super K>> SortedSet<K> union(
      Collection<K> a, Collection<K> b) {
    SortedSet<K> all = new TreeSet<>(a);
    all.addAll(b);
    return all;
  }

  private static Line line(String what, @Nullable Object expected, @Nullable Object got) {
    return new Line(what, text(expected), text(got));
  }

  private static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "-";
      case Integer number -> "%,d".formatted(number);
      case BigDecimal amount -> "%,.2f".formatted(amount);
      default -> value.toString();
    };
  }

  private static <T> int sum(Collection<T> rows, ToIntFunction<T> value) {
    return rows.stream().mapToInt(value).sum();
  }

  private interface Amount<T> {
    BigDecimal of(T row);
  }

  private static <T> BigDecimal money(Collection<T> rows, Amount<T> amount) {
    return rows.stream().map(amount::of).reduce(new BigDecimal("0.00"), BigDecimal::add);
  }

  /** The table, for people. */
  public String table() {
    return table(
        line ->
            "%16s %16s  %s"
                .formatted(line.expected(), line.got(), line.equal() ? "=" : "DIFFERENT"),
        "%16s %16s".formatted("expected", "got"));
  }

  /** The same before there is anything to compare. */
  public String expectedTable() {
    return table(line -> "%16s".formatted(line.expected()), "%16s".formatted("expected"));
  }

  private String table(Function<Line, String> values, String heading) {
    int widest =
        sections.stream()
            .flatMap(section -> section.lines().stream())
            .mapToInt(line -> line.what().length())
            .max()
            .orElse(0);
    String format = "  %-" + widest + "s  %s%n";
    StringBuilder table = new StringBuilder(format.formatted("", heading));
    for (Section section : sections) {
      table.append(section.title()).append(System.lineSeparator());
      for (Line line : section.lines()) {
        table.append(format.formatted(line.what(), values.apply(line)));
      }
    }
    return table.toString();
  }
}
