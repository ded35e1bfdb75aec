package io.headrace.systemtests.replay;

import io.headrace.systemtests.olist.BadDataException;
import io.headrace.systemtests.olist.OlistData;
import java.net.URI;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One replay from the first command to the reconciliation, against services that run already, and
 * may be killed and started again meanwhile.
 */
public final class ReplayRun implements AutoCloseable {

  private static final int ROWS_AT_ONCE = 64;
  private static final long PAUSE_MILLIS = 250;
  private static final DateTimeFormatter RUN_ID = DateTimeFormatter.ofPattern("'r'uuMMdd'T'HHmmss");

  private final Api commands;
  private final Api queries;
  private final Views views;
  private final Settings settings;
  private final Progress progress;

  /**
   * @param concurrency requests at once
   * @param patience how long a service may be away, and how long a reaction or a view may stand
   *     still
   */
  public record Settings(int concurrency, Duration patience) {}

  /**
   * @param runId what the ids of this replay begin with; empty if they are those of the files
   */
  public record Result(
      String runId,
      Driver.Run run,
      Duration catchUp,
      long retries,
      Reconciliation reconciliation) {}

  /** The stack has these orders already; the message says what to do. */
  public static final class AlreadyReplayedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    AlreadyReplayedException(String message) {
      super(message);
    }
  }

  public ReplayRun(URI commandUrl, URI queryUrl, Settings settings, Progress progress) {
    this.commands = new Api(commandUrl, settings.patience());
    this.queries = new Api(queryUrl, settings.patience());
    this.views = new Views(queries);
    this.settings = settings;
    this.progress = progress;
  }

  /**
   * @param runId begins every id; null to choose: nothing on a stack without orders, else the time,
   *     so that what is there already does not meet it
   * @throws AlreadyReplayedException if orders of this data and run id are there already
   */
  public Result replay(OlistData files, @Nullable String runId) throws InterruptedException {
    if (files.orders().isEmpty()) {
      throw new BadDataException("The orders file has no orders.");
    }
    boolean empty = !views.anyOrder() && !placedAlready(files);
    String chosen = runId != null ? runId : empty ? "" : newRunId();
    OlistData data = files.withIdPrefix(chosen.isEmpty() ? "" : chosen + "-");
    if (!empty && placedAlready(data)) {
      throw new AlreadyReplayedException(
          "These orders are in the stack already: wipe it with `make clean-data`,"
              + " or give their ids another prefix with --run-id=x.");
    }
    Expected expected = Model.of(Timeline.of(data));
    SortedMap<LocalDate, DayRow> before = empty ? new TreeMap<>() : days(expected);

    Driver.Run run =
        new Driver(commands, settings.patience(), settings.concurrency(), progress)
            .drive(expected.steps());
    long sentAt = System.nanoTime();
    awaitViews(expected, before);
    Duration catchUp = Duration.ofNanos(System.nanoTime() - sentAt);
    // Read once more, all of it: what was right for a moment must have stayed right.
    Reconciliation reconciliation = Reconciliation.of(expected, observe(expected, run, before));
    return new Result(chosen, run, catchUp, commands.retries() + queries.retries(), reconciliation);
  }

  private static String newRunId() {
    return LocalDateTime.now(ZoneOffset.UTC).format(RUN_ID);
  }

  /** Every replay begins at the begin, so the first orders tell. */
  private boolean placedAlready(OlistData data) throws InterruptedException {
    List<Step> first =
        Timeline.of(data).stream()
            .filter(step -> !(step instanceof Step.PostReview))
            .limit(ROWS_AT_ONCE)
            .toList();
    return Parallel.map(
            first,
            settings.concurrency(),
            step -> Driver.version(commands.get(step.stream().path())))
        .stream()
        .anyMatch(version -> version > 0);
  }

  private SortedMap<LocalDate, DayRow> days(Expected expected) throws InterruptedException {
    return expected.days().isEmpty()
        ? new TreeMap<>()
        : views.days(expected.days().firstKey(), expected.days().lastKey());
  }

  private Map<LocalDate, DayRow> newDays(Expected expected, Map<LocalDate, DayRow> before)
      throws InterruptedException {
    Map<LocalDate, DayRow> days = new HashMap<>();
    days(expected)
        .forEach((day, row) -> days.put(day, row.minus(before.getOrDefault(day, DayRow.NOTHING))));
    return days;
  }

  /** Returns when the views say what is expected, or when they stand still for too long. */
  private void awaitViews(Expected expected, Map<LocalDate, DayRow> before)
      throws InterruptedException {
    progress.begin("Views", expected.orders().size() + (long) expected.sellers().size());
    long done =
        await(
            expected.orders().values(),
            0,
            row -> views.order(row.orderId()).map(row::equals).orElse(false));
    await(
        expected.sellers().entrySet(),
        done,
        seller -> views.seller(seller.getKey()).equals(seller.getValue()));
    long giveUpAt = System.nanoTime() + settings.patience().toNanos();
    while (System.nanoTime() < giveUpAt && !sameDays(expected, newDays(expected, before))) {
      Thread.sleep(PAUSE_MILLIS);
    }
  }

  private static boolean sameDays(Expected expected, Map<LocalDate, DayRow> days) {
    return expected.days().entrySet().stream()
        .allMatch(day -> day.getValue().equals(days.get(day.getKey())));
  }

  private <T> long await(Collection<T> all, long doneBefore, Parallel.Work<T, Boolean> asExpected)
      throws InterruptedException {
    ArrayDeque<T> pending = new ArrayDeque<>(all);
    long movedAt = System.nanoTime();
    while (!pending.isEmpty() && System.nanoTime() - movedAt < settings.patience().toNanos()) {
      List<T> some = new ArrayList<>(ROWS_AT_ONCE);
      while (some.size() < ROWS_AT_ONCE && !pending.isEmpty()) {
        some.add(pending.poll());
      }
      List<Boolean> equal = Parallel.map(some, settings.concurrency(), asExpected);
      for (int i = 0; i < some.size(); i++) {
        if (!equal.get(i)) {
          pending.add(some.get(i));
        }
      }
      if (equal.contains(true)) {
        movedAt = System.nanoTime();
      } else {
        Thread.sleep(PAUSE_MILLIS);
      }
      progress.step(doneBefore + all.size() - pending.size(), "");
    }
    return doneBefore + all.size();
  }

  private Observed observe(Expected expected, Driver.Run run, Map<LocalDate, DayRow> before)
      throws InterruptedException {
    List<String> orderIds = new ArrayList<>(expected.orders().keySet());
    orderIds.addAll(expected.refusedOrders());
    List<String> customers = List.copyOf(Reconciliation.ordersOfCustomers(expected).keySet());
    List<StreamRef> streams = List.copyOf(expected.streams().keySet());
    progress.begin(
        "Check",
        (long) orderIds.size() + expected.sellers().size() + customers.size() + streams.size());
    Counter counter = new Counter();

    Map<String, OrderRow> orders = new HashMap<>();
    counter
        .map(orderIds, views::order)
        .forEach((id, row) -> row.ifPresent(found -> orders.put(id, found)));
    return new Observed(
        run.outcomes(),
        run.missedReactions(),
        orders,
        counter.map(expected.sellers().keySet(), views::seller),
        counter.map(customers, views::ordersOfCustomer),
        newDays(expected, before),
        counter.map(streams, stream -> Driver.version(commands.get(stream.path()))));
  }

  private final class Counter {
    private final AtomicLong done = new AtomicLong();

    <K, V> Map<K, V> map(Collection<K> keys, Parallel.Work<K, V> read) throws InterruptedException {
      List<K> inputs = List.copyOf(keys);
      List<V> values =
          Parallel.map(
              inputs,
              settings.concurrency(),
              key -> {
                V value = read.of(key);
                progress.step(done.incrementAndGet(), "");
                return value;
              });
      Map<K, V> result = new LinkedHashMap<>();
      for (int i = 0; i < inputs.size(); i++) {
        result.put(inputs.get(i), values.get(i));
      }
      return result;
    }
  }

  @Override
  public void close() {
    commands.close();
    queries.close();
  }
}
