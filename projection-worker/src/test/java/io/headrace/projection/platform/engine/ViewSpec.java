package io.headrace.projection.platform.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventCatalogue;
import io.headrace.projection.platform.view.View;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;

/**
 * The view test kit: {@code given(streams).thenRow(row)}.
 *
 * <p>What is given is applied in every interleaving of the streams (all of them if they are few,
 * else a random choice), split into batches in several ways, with duplicates thrown in; every time
 * the rows have to be the same, and after every batch the totals have to equal the sums over the
 * rows. What is random is seeded: a failure comes again.
 */
public final class ViewSpec<R extends Record> {

  private static final int ALL_INTERLEAVINGS_UP_TO = 200;
  private static final int ELSE = 50;
  private static final int ALL_SPLITS_UP_TO = 5;

  private final CompiledView<R> view;
  private final EventCatalogue catalogue;

  private ViewSpec(View<R> view) {
    this.view = new CompiledView<>(view);
    this.catalogue = Views.catalogueOf(List.of(view));
  }

  public static <R extends Record> ViewSpec<R> of(View<R> view) {
    return new ViewSpec<>(view);
  }

  /** A stream and its events from version 1 on. */
  public record Stream(String id, List<DomainEvent> events) {}

  public static Stream stream(String id, DomainEvent... events) {
    return new Stream(id, List.of(events));
  }

  public Outcome given(Stream... streams) {
    return given(List.of(streams));
  }

  public Outcome given(List<Stream> streams) {
    List<List<Inbound>> published = new ArrayList<>();
    for (int i = 0; i < streams.size(); i++) {
      published.add(published(streams.get(i), i));
    }
    Random random = new Random(published.stream().mapToInt(List::size).sum());
    List<List<Inbound>> interleavings = interleavings(published, random);
    MemoryTables<R> first = run(List.of(interleavings.getFirst()));
    for (List<Inbound> interleaving : interleavings) {
      for (List<List<Inbound>> batches : splits(interleaving, random)) {
        MemoryTables<R> tables = run(batches);
        assertThat(tables.rows()).as(() -> describe(batches)).isEqualTo(first.rows());
        assertThat(tables.totals()).as(() -> describe(batches)).isEqualTo(first.totals());
      }
    }
    return new Outcome(first);
  }

  private List<Inbound> published(Stream stream, int partition) {
    List<Inbound> result = new ArrayList<>();
    for (int i = 0; i < stream.events.size(); i++) {
      result.add(
          Inbound.of(
              Published.of(catalogue, stream.id, i + 1L, stream.events.get(i)).at(partition, i),
              catalogue));
    }
    return result;
  }

  private MemoryTables<R> run(List<List<Inbound>> batches) {
    MemoryTables<R> tables = new MemoryTables<>(view);
    for (List<Inbound> batch : batches) {
      tables.take(batch);
      assertThat(tables.totals()).as(() -> describe(batches)).isEqualTo(tables.sumsOverRows());
    }
    assertThat(tables.parked()).as(() -> describe(batches)).isEmpty();
    return tables;
  }

  private static String describe(List<List<Inbound>> batches) {
    return "batches "
        + batches.stream()
            .map(
                batch ->
                    batch.stream().map(i -> Objects.requireNonNull(i.recorded()).id()).toList())
            .toList();
  }

  private static List<List<Inbound>> interleavings(List<List<Inbound>> streams, Random random) {
    List<List<Inbound>> result = new ArrayList<>();
    int[] next = new int[streams.size()];
    if (!collect(streams, next, new ArrayList<>(), result)) {
      result.clear();
      for (int i = 0; i < ELSE; i++) {
        result.add(shuffled(streams, random));
      }
    }
    return result;
  }

  /**
   * @return false if there are too many
   */
  private static boolean collect(
      List<List<Inbound>> streams, int[] next, List<Inbound> prefix, List<List<Inbound>> result) {
    boolean done = true;
    for (int i = 0; i < next.length; i++) {
      if (next[i] < streams.get(i).size()) {
        done = false;
        prefix.add(streams.get(i).get(next[i]++));
        boolean complete = collect(streams, next, prefix, result);
        next[i]--;
        prefix.removeLast();
        if (!complete) {
          return false;
        }
      }
    }
    if (done) {
      result.add(List.copyOf(prefix));
    }
    return result.size() <= ALL_INTERLEAVINGS_UP_TO;
  }

  private static List<Inbound> shuffled(List<List<Inbound>> streams, Random random) {
    List<List<Inbound>> left = new ArrayList<>();
    streams.forEach(stream -> left.add(new ArrayList<>(stream)));
    List<Inbound> result = new ArrayList<>();
    left.removeIf(List::isEmpty);
    while (!left.isEmpty()) {
      List<Inbound> chosen = left.get(random.nextInt(left.size()));
      result.add(chosen.removeFirst());
      left.removeIf(List::isEmpty);
    }
    return result;
  }

  private static List<List<List<Inbound>>> splits(List<Inbound> events, Random random) {
    List<List<List<Inbound>>> result = new ArrayList<>();
    if (events.size() <= ALL_SPLITS_UP_TO) {
      for (int cuts = 0; cuts < 1 << Math.max(0, events.size() - 1); cuts++) {
        int which = cuts;
        result.add(split(events, i -> (which & 1 << i) != 0));
      }
    } else {
      result.add(split(events, i -> false));
      result.add(split(events, i -> true));
    }
    result.add(split(withDuplicates(events, random), i -> random.nextInt(3) == 0));
    return result;
  }

  private static List<List<Inbound>> split(
      List<Inbound> events, java.util.function.IntPredicate cutAfter) {
    List<List<Inbound>> batches = new ArrayList<>();
    List<Inbound> batch = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      batch.add(events.get(i));
      if (cutAfter.test(i)) {
        batches.add(batch);
        batch = new ArrayList<>();
      }
    }
    batches.add(batch);
    return batches;
  }

  /** Some events come once more, at any time after they came first. */
  private static List<Inbound> withDuplicates(List<Inbound> events, Random random) {
    List<Inbound> result = new ArrayList<>();
    for (Inbound event : events) {
      result.add(event);
      if (random.nextInt(3) == 0) {
        result.add(result.get(random.nextInt(result.size())));
      }
    }
    return result;
  }

  /** What came out, the same every time. */
  public final class Outcome {

    private final MemoryTables<R> tables;

    private Outcome(MemoryTables<R> tables) {
      this.tables = tables;
    }

    public Outcome thenRow(R row) {
      assertThat(tables.rows().values()).containsExactly(row);
      return this;
    }

    /** The one row there is. */
    public Outcome thenRow(Consumer<R> check) {
      assertThat(tables.rows()).hasSize(1);
      check.accept(tables.rows().values().iterator().next());
      return this;
    }

    public Outcome thenNoRow() {
      assertThat(tables.rows()).isEmpty();
      return this;
    }

    /** The totals by key as text, such as {@code [s1, BRL]}, measures in their order. */
    public Outcome thenTotals(String rollup, Map<List<String>, List<String>> expected) {
      Map<List<String>, List<String>> found =
          new java.util.TreeMap<>(java.util.Comparator.comparing(Object::toString));
      Map<Record, List<BigDecimal>> table = Objects.requireNonNull(tables.totals().get(rollup));
      table.forEach(
          (key, values) ->
              found.put(
                  Arrays.stream(key.getClass().getRecordComponents())
                      .map(
                          c -> {
                            try {
                              c.getAccessor().setAccessible(true);
                              return c.getAccessor().invoke(key).toString();
                            } catch (ReflectiveOperationException e) {
                              throw new AssertionError(e);
                            }
                          })
                      .toList(),
                  values.stream().map(BigDecimal::toPlainString).toList()));
      assertThat(found).containsExactlyInAnyOrderEntriesOf(expected);
      return this;
    }

    public Map<String, R> rows() {
      return tables.rows();
    }
  }
}
