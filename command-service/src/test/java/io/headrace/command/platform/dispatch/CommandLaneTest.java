package io.headrace.command.platform.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.command.contexts.counter.CounterDefinition;
import io.headrace.command.platform.binding.CommandBinding;
import io.headrace.command.platform.binding.CommandBinding.Bound;
import io.headrace.command.platform.binding.TestBinding;
import io.headrace.command.platform.dispatch.VersionedState.Recorded;
import io.headrace.command.platform.log.EventLog;
import io.headrace.command.platform.log.EventLog.ReadFrom;
import io.headrace.command.platform.log.InMemoryEventLog;
import io.headrace.command.platform.log.LogUnavailableException;
import io.headrace.command.platform.log.TestReads;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The lane on a log that answers an append when the test says so. */
class CommandLaneTest {

  /** One append on its way. */
  private record Append(
      List<EventLog.StreamAppend> appends,
      Uni<EventLog.AppendResult> work,
      UniEmitter<? super EventLog.AppendResult> emitter) {

    void carryOut() {
      work.subscribe().with(emitter::complete, emitter::fail);
    }

    List<String> streams() {
      return appends.stream().map(EventLog.StreamAppend::streamId).toList();
    }
  }

  private static final class HeldLog implements EventLog {

    final InMemoryEventLog inner = new InMemoryEventLog();
    final BlockingQueue<Append> held = new LinkedBlockingQueue<>();
    final List<String> locks = new CopyOnWriteArrayList<>();
    final List<ReadFrom> reads = new CopyOnWriteArrayList<>();

    @Override
    public Uni<AppendResult> append(List<StreamAppend> appends) {
      return Uni.createFrom()
          .emitter(emitter -> held.add(new Append(appends, inner.append(appends), emitter)));
    }

    @Override
    public Uni<StreamLock> lock(String streamId) {
      locks.add(streamId);
      return inner.lock(streamId).map(HeldLock::new);
    }

    private final class HeldLock implements StreamLock {

      private final StreamLock inner;

      HeldLock(StreamLock inner) {
        this.inner = inner;
      }

      @Override
      public Uni<AppendResult> append(StreamAppend append) {
        return Uni.createFrom()
            .emitter(
                emitter -> held.add(new Append(List.of(append), inner.append(append), emitter)));
      }

      @Override
      public void release() {
        inner.release();
      }
    }

    Append next() throws InterruptedException {
      Append append = held.poll(10, TimeUnit.SECONDS);
      assertThat(append).as("an append within ten seconds").isNotNull();
      return append;
    }

    @Override
    public Uni<List<StreamRead>> read(List<ReadFrom> from) {
      reads.addAll(from);
      return inner.read(from);
    }

    @Override
    public Uni<StreamRead> read(String streamId, long afterVersion, int limit) {
      reads.add(new ReadFrom(streamId, afterVersion, null));
      return inner.read(streamId, afterVersion, limit);
    }

    @Override
    public Uni<Void> keep(List<Snapshot> snapshots) {
      return inner.keep(snapshots);
    }
  }

  private static final String OPEN = "{\"labels\":[],\"at\":\"2026-01-01T00:00:00Z\"}";

  private final Vertx vertx = Vertx.vertx();
  private final HeldLog log = new HeldLog();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final CommandBinding binding = TestBinding.create();
  private final Aggregates aggregates = new Aggregates(List.of(new CounterDefinition()), List.of());
  private final CommandConfig config = config();
  private final StateCache cache = new StateCache(config);
  private final CommandLane lane = lane();

  private static CommandConfig config() {
    return new SmallRyeConfigBuilder()
        .withMapping(CommandConfig.class)
        .withConverter(MemorySize.class, 200, new MemorySizeConverter())
        .withConverter(Duration.class, 200, new DurationConverter())
        .withDefaultValue("headrace.commands.max-batch", "4")
        .withDefaultValue("headrace.commands.queue-size", "1500")
        .build()
        .getConfigMapping(CommandConfig.class);
  }

  private CommandLane lane() {
    LaneMetrics metrics = new LaneMetrics(registry);
    Snapshots snapshots = new Snapshots(log, metrics, config);
    States states = new States(TestReads.of(log), log, cache, snapshots, metrics);
    return new CommandLane(log, states, cache, snapshots, metrics, config, vertx);
  }

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void nothing_is_read_before_an_append() throws Exception {
    var opened = open("a");
    log.next().carryOut();
    assertThat(version(opened)).isEqualTo(1);
    var increased = increase("a", 1, null);
    log.next().carryOut();
    assertThat(version(increased)).isEqualTo(2);
    assertThat(log.reads).isEmpty();
  }

  /** What the loop does next comes after the append: nothing was waited for, no timer either. */
  @Test
  void a_lone_command_goes_at_once() throws Exception {
    var gone = new CompletableFuture<Integer>();
    var context = vertx.getOrCreateContext();
    context.runOnContext(
        first -> {
          open("a");
          context.runOnContext(second -> gone.complete(log.held.size()));
        });
    assertThat(gone.get(10, TimeUnit.SECONDS)).isEqualTo(1);
  }

  @Test
  void what_comes_while_a_batch_is_on_its_way_is_the_next_batch() throws Exception {
    var a = open("a");
    Append first = log.next();
    var b = open("b");
    var c = open("c");
    assertThat(log.held.poll(100, TimeUnit.MILLISECONDS))
        .as("one batch on its way at a time")
        .isNull();

    first.carryOut();
    assertThat(version(a)).isEqualTo(1);
    Append second = log.next();
    assertThat(second.streams()).containsExactly("counter-b", "counter-c");
    second.carryOut();
    assertThat(version(b)).isEqualTo(1);
    assertThat(version(c)).isEqualTo(1);
  }

  @Test
  void a_stream_of_the_batch_on_its_way_waits_in_its_order() throws Exception {
    var opened = open("a");
    Append first = log.next();
    var one = increase("a", 1, null);
    var other = open("b");
    var two = increase("a", 2, null);

    first.carryOut();
    assertThat(version(opened)).isEqualTo(1);
    Append second = log.next();
    assertThat(second.streams()).containsExactlyInAnyOrder("counter-a", "counter-b");
    second.carryOut();
    assertThat(version(one)).isEqualTo(2);
    assertThat(version(two)).isEqualTo(3);
    assertThat(version(other)).isEqualTo(1);
  }

  @Test
  void what_came_meanwhile_is_appended_though_the_batch_before_it_failed() throws Exception {
    var a = open("a");
    Append first = log.next();
    var b = open("b");
    var again = open("a");

    first
        .emitter()
        .fail(new LogUnavailableException(false, "gone", new IllegalStateException("test")));
    assertThatThrownBy(() -> a.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(CommandUnavailableException.class);
    Append second = log.next();
    assertThat(second.streams()).containsExactly("counter-b", "counter-a");
    second.carryOut();
    assertThat(version(b)).isEqualTo(1);
    assertThat(version(again)).as("what failed has left nothing behind").isEqualTo(1);
  }

  /** Another replica was first. */
  @Test
  void a_conflict_is_read_and_decided_again_before_what_came_after_it() throws Exception {
    var opened = open("a");
    log.next().carryOut();
    assertThat(version(opened)).isEqualTo(1);
    var one = increase("a", 1, null);
    Append mine = log.next();
    var two = increase("a", 2, null);
    log.inner.append(mine.appends()).await().indefinitely();

    mine.carryOut();
    Append again = log.next();
    assertThat(again.appends().getFirst().expectedVersion()).isEqualTo(2);
    again.carryOut();
    assertThat(version(one)).isEqualTo(3);
    assertThat(version(two)).isEqualTo(4);
    assertThat(log.reads)
        .as("only what is newer than the state in the cache")
        .containsExactly(new ReadFrom("counter-a", 1, null));
  }

  /** Another replica is always first, until it has to wait. */
  @Test
  void a_command_that_keeps_losing_locks_its_stream_and_others_go_on() throws Exception {
    var opened = open("a");
    log.next().carryOut();
    assertThat(version(opened)).isEqualTo(1);
    var hot = increase("a", 1, null);
    Append last = null;
    for (int lost = 0; lost < 3; lost++) {
      assertThat(log.locks).isEmpty();
      last = log.next();
      assertThat(last.appends().getFirst().expectedVersion()).isEqualTo(lost + 1L);
      log.inner.append(last.appends()).await().indefinitely();
      last.carryOut();
    }
    Append locked = log.next();
    assertThat(log.locks).containsExactly("counter-a");
    assertThat(locked.appends().getFirst().expectedVersion()).isEqualTo(4);
    var theirs = log.inner.append(locked.appends()).subscribeAsCompletionStage();
    var other = open("b");
    var later = increase("a", 1, null);
    Append neighbour = log.next();
    assertThat(neighbour.streams()).containsExactly("counter-b");
    neighbour.carryOut();
    assertThat(version(other)).isEqualTo(1);
    assertThat(theirs).as("the other replica waits").isNotDone();

    locked.carryOut();
    assertThat(version(hot)).isEqualTo(5);
    assertThat(theirs.get(10, TimeUnit.SECONDS).done()).containsExactly(false);
    Append next = log.next();
    assertThat(next.appends().getFirst().expectedVersion()).isEqualTo(5);
    next.carryOut();
    assertThat(version(later)).isEqualTo(6);
    assertThat(log.locks).hasSize(1);
  }

  @Test
  void a_lock_for_a_command_that_meets_a_defect_is_given_back() throws Exception {
    var opened = open("a");
    log.next().carryOut();
    assertThat(version(opened)).isEqualTo(1);
    var broken = increase("a", 668, null);
    for (int lost = 0; lost < 3; lost++) {
      Append append = log.next();
      log.inner.append(append.appends()).await().indefinitely();
      append.carryOut();
    }
    assertThatThrownBy(() -> broken.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(DefectException.class);
    assertLockedAndFree("counter-a", 4);
  }

  @Test
  void a_lock_of_a_stream_that_cannot_be_read_is_given_back() throws Exception {
    var opened = open("a");
    log.next().carryOut();
    assertThat(version(opened)).isEqualTo(1);
    var increased = increase("a", 1, null);
    for (int lost = 0; lost < 3; lost++) {
      Append append = log.next();
      EventLog.StreamAppend mine = append.appends().getFirst();
      log.inner
          .append(
              List.of(
                  new EventLog.StreamAppend(
                      mine.streamId(),
                      mine.expectedVersion(),
                      lost < 2 ? mine.events() : List.of(unknown()),
                      List.of())))
          .await()
          .indefinitely();
      append.carryOut();
    }
    assertThatThrownBy(() -> increased.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(DefectException.class);
    assertLockedAndFree("counter-a", 4);
  }

  private static EventLog.NewEvent unknown() {
    return new EventLog.NewEvent("counting", "counting.Unknown.v1", "a", "{}", "{}");
  }

  private void assertLockedAndFree(String streamId, long version) throws Exception {
    assertThat(log.locks).containsExactly(streamId);
    assertThat(
            log.inner
                .append(
                    List.of(
                        new EventLog.StreamAppend(
                            streamId, version, List.of(unknown()), List.of())))
                .subscribeAsCompletionStage()
                .get(10, TimeUnit.SECONDS)
                .done())
        .containsExactly(true);
    var other = open("other");
    log.next().carryOut();
    assertThat(version(other)).isEqualTo(1);
  }

  /** The commit was done and its answer lost, with the connection or with the service. */
  @Test
  void a_command_whose_commit_was_not_confirmed_takes_effect_once() throws Exception {
    var lost = send("open-counter", "a", OPEN, "key", "one");
    Append first = log.next();
    log.inner.append(first.appends()).await().indefinitely();
    first
        .emitter()
        .fail(new LogUnavailableException(true, "gone", new IllegalStateException("test")));
    assertThatThrownBy(() -> lost.get(10, TimeUnit.SECONDS))
        .cause()
        .asInstanceOf(InstanceOfAssertFactories.type(CommandUnavailableException.class))
        .extracting(CommandUnavailableException::effect)
        .isEqualTo(CommandUnavailableException.Effect.UNKNOWN);

    var again = send("open-counter", "a", OPEN, "key", "one");
    log.next().carryOut();
    assertThat(again.get(10, TimeUnit.SECONDS))
        .isEqualTo(
            new CommandOutcome.Accepted(
                "counter-a", 1, List.of("counting.CounterOpened.v1"), true, true));
    assertThat(log.inner.read("counter-a", 0, 10).await().indefinitely().events()).hasSize(1);
  }

  @Test
  void a_key_that_was_used_tells_whether_it_was_for_this_stream() throws Exception {
    var opened = send("open-counter", "a", OPEN, "key", "one");
    Append first = log.next();
    var sameStream = send("increase-counter", "a", "{\"by\":1}", "key", "two");
    var otherStream = send("open-counter", "b", OPEN, "key", "three");
    first.carryOut();
    assertThat(version(opened)).isEqualTo(1);
    assertThat(sameStream.get(10, TimeUnit.SECONDS))
        .isEqualTo(new CommandOutcome.KeyReused("key", true));
    assertThat(otherStream.get(10, TimeUnit.SECONDS))
        .isEqualTo(new CommandOutcome.KeyReused("key", false));

    var later = send("open-counter", "c", OPEN, "key", "four");
    log.next().carryOut();
    assertThat(later.get(10, TimeUnit.SECONDS))
        .isEqualTo(new CommandOutcome.KeyReused("key", false));
  }

  /** The counter meets a defect at 666; what follows with its key may be the corrected command. */
  @Test
  void a_defect_is_told_to_its_own_command_only() throws Exception {
    var opened = open("a");
    Append first = log.next();
    var broken = send("increase-counter", "a", "{\"by\":666}", "key", "one");
    var same = send("increase-counter", "a", "{\"by\":666}", "key", "one");
    var corrected = send("increase-counter", "a", "{\"by\":6}", "key", "two");
    first.carryOut();
    assertThat(version(opened)).isEqualTo(1);
    for (var defect : List.of(broken, same)) {
      assertThatThrownBy(() -> defect.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(DefectException.class);
    }
    log.next().carryOut();
    assertThat(version(corrected)).isEqualTo(2);
  }

  /** As a class that cannot be initialised: the lane goes on, and the command has its answer. */
  @Test
  void an_error_of_a_decider_is_a_defect_like_another() throws Exception {
    var opened = open("a");
    Append first = log.next();
    var broken = increase("a", 667, null);
    var next = increase("a", 1, null);
    first.carryOut();
    assertThat(version(opened)).isEqualTo(1);
    assertThatThrownBy(() -> broken.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(DefectException.class);
    log.next().carryOut();
    assertThat(version(next)).isEqualTo(2);
  }

  @Test
  void requests_that_are_large_fill_the_queue_before_many_do() throws Exception {
    var first = open("a");
    Append append = log.next();
    var second = submit("open-counter", "b", OPEN, null, "", 1000);
    var third = submit("open-counter", "c", OPEN, null, "", 1000);
    assertThatThrownBy(() -> third.get(10, TimeUnit.SECONDS))
        .cause()
        .asInstanceOf(InstanceOfAssertFactories.type(CommandUnavailableException.class))
        .extracting(CommandUnavailableException::effect)
        .isEqualTo(CommandUnavailableException.Effect.NONE);
    append.carryOut();
    log.next().carryOut();
    assertThat(version(first)).isEqualTo(1);
    assertThat(version(second)).isEqualTo(1);

    var alone = submit("open-counter", "d", OPEN, null, "", 5000);
    log.next().carryOut();
    assertThat(version(alone)).as("larger than the limit, and alone").isEqualTo(1);
  }

  /** What cannot be stored is found, and costs its neighbours nothing but time. */
  @Test
  void one_that_is_refused_takes_no_neighbour_with_it() throws Exception {
    for (String id : List.of("a", "b", "c")) {
      var opened = open(id);
      log.next().carryOut();
      assertThat(version(opened)).isEqualTo(1);
    }
    var blocker = open("d");
    Append first = log.next();
    var good = increase("a", 1, null);
    var poison = increase("b", 1, "poison");
    var alsoGood = increase("c", 1, null);
    first.carryOut();
    Append refused = log.next();
    assertThat(refused.streams()).hasSize(3);
    var innocent = open("e");
    refused.carryOut();

    for (int i = 0; i < 4; i++) {
      Append single = log.next();
      assertThat(single.streams()).hasSize(1);
      single.carryOut();
    }
    assertThat(version(blocker)).isEqualTo(1);
    assertThat(version(good)).isEqualTo(2);
    assertThat(version(alsoGood)).isEqualTo(2);
    assertThat(version(innocent)).isEqualTo(1);
    assertThatThrownBy(() -> poison.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(DefectException.class);
  }

  /** Of commands that are tried one by one, one that is read first stays by itself. */
  @Test
  void one_that_is_read_before_it_is_refused_takes_no_neighbour_with_it() throws Exception {
    for (String id : List.of("a", "b")) {
      var opened = open(id);
      log.next().carryOut();
      assertThat(version(opened)).isEqualTo(1);
    }
    var blocker = open("c");
    Append first = log.next();
    var good = increase("a", 1, null);
    var poison = increase("b", 1, "poison");
    first.carryOut();
    assertThat(version(blocker)).isEqualTo(1);
    Append refused = log.next();
    assertThat(refused.streams()).hasSize(2);
    cache.remove("counter-b"); // so it is read before it is tried again
    refused.carryOut();

    Append single = log.next();
    assertThat(single.streams()).containsExactly("counter-a");
    var innocent = open("d");
    single.carryOut();
    for (int i = 0; i < 2; i++) {
      Append next = log.next();
      assertThat(next.streams()).hasSize(1);
      next.carryOut();
    }
    assertThat(version(good)).isEqualTo(2);
    assertThat(version(innocent)).isEqualTo(1);
    assertThatThrownBy(() -> poison.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(DefectException.class);
  }

  /** What is in the log is what counts. */
  @Test
  void what_is_kept_but_not_understood_is_read_from_the_log() throws Exception {
    cache.put(
        "counter-a",
        new VersionedState(
            new Object(), 1, 0, 10, List.of(new Recorded("counting.CounterOpened.v1", "{}"))));
    var opened = open("a");
    log.next().carryOut();
    assertThat(version(opened)).isEqualTo(1);

    cache.remove("counter-a");
    cache.put(
        "counter-a",
        new VersionedState(
            new Object(), 1, 0, 10, List.of(new Recorded("counting.Unknown.v1", "{}"))));
    var increased = increase("a", 5, null);
    log.next().carryOut();
    assertThat(version(increased)).isEqualTo(2);
  }

  @Test
  void a_batch_takes_no_more_than_its_limit() throws Exception {
    open("a");
    Append first = log.next();
    for (int i = 0; i < 6; i++) {
      open("more" + i);
    }
    first.carryOut();
    Append second = log.next();
    assertThat(second.streams()).hasSize(4);
    second.carryOut();
    Append third = log.next();
    assertThat(third.streams()).hasSize(2);
    third.carryOut();
  }

  private CompletableFuture<CommandOutcome> open(String id) {
    return send("open-counter", id, OPEN, null, "");
  }

  private CompletableFuture<CommandOutcome> increase(String id, int by, @Nullable String ticket) {
    return send(
        "increase-counter",
        id,
        ticket == null
            ? "{\"by\":%d}".formatted(by)
            : "{\"by\":%d,\"ticket\":\"%s\"}".formatted(by, ticket),
        null,
        "");
  }

  private CompletableFuture<CommandOutcome> send(
      String command, String id, String body, @Nullable String key, String fingerprint) {
    return submit(command, id, body, key, fingerprint, 100);
  }

  private CompletableFuture<CommandOutcome> submit(
      String command, String id, String body, @Nullable String key, String fingerprint, int bytes) {
    if (!(aggregates.find("counting", "counters", command)
        instanceof Aggregates.Found.Command(var aggregate, var shape))) {
      throw new IllegalStateException(command);
    }
    try {
      Bound bound =
          binding.bind(
              shape, new ObjectMapper().readTree(body), id, Instant.now(), Duration.ofMinutes(5));
      if (!(bound instanceof Bound.Command(Object bean))) {
        throw new IllegalStateException(bound.toString());
      }
      var reply = new CompletableFuture<CommandOutcome>();
      lane.submit(
          new Pending(
              aggregate,
              aggregate.streamId(id),
              bean,
              null,
              key,
              fingerprint.getBytes(StandardCharsets.UTF_8),
              "{}",
              bytes,
              reply));
      return reply;
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long version(CompletableFuture<CommandOutcome> outcome) throws Exception {
    CommandOutcome known = outcome.get(10, TimeUnit.SECONDS);
    assertThat(known).isInstanceOf(CommandOutcome.Accepted.class);
    return ((CommandOutcome.Accepted) known).streamVersion();
  }
}
