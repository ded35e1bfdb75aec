package io.headrace.command.platform.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.command.platform.log.EventLog.AppendResult;
import io.headrace.command.platform.log.EventLog.KeyedAnswer;
import io.headrace.command.platform.log.EventLog.LoggedEvent;
import io.headrace.command.platform.log.EventLog.NewEvent;
import io.headrace.command.platform.log.EventLog.ReadFrom;
import io.headrace.command.platform.log.EventLog.Snapshot;
import io.headrace.command.platform.log.EventLog.StreamAppend;
import io.headrace.command.platform.log.EventLog.StreamLock;
import io.headrace.command.platform.log.EventLog.StreamRead;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What any event log does. Each implementation passes it. */
abstract class EventLogContract {

  static final byte[] FINGERPRINT = {1, 2, 3};

  abstract EventLog log();

  @Test
  void events_are_read_as_they_were_appended() {
    String stream = stream();
    NewEvent odd =
        new NewEvent(
            "counting",
            "counting.Odd.v1",
            "key ü",
            "{\"ce_correlationid\":\"\\\"{}\\\\\"}",
            "{\"text\":\"ünïcödé 😀 \\u0001 ' \\\" \\\\ {a,b} NULL\"}");
    assertDone(append(stream, 0, event("a"), odd), true);
    assertDone(append(stream, 2, event("c")), true);
    List<LoggedEvent> events = read(stream, 0);
    assertThat(events).extracting(LoggedEvent::streamVersion).containsExactly(1L, 2L, 3L);
    LoggedEvent second = events.get(1);
    assertThat(
            new NewEvent(
                second.context(),
                second.type(),
                second.partitionKey(),
                second.metadata(),
                second.payload()))
        .isEqualTo(odd);
    assertThat(second.recordedAt()).isPositive();
    assertThat(read(stream, 2)).extracting(LoggedEvent::payload).containsExactly(payload("c"));
    assertThat(read(stream, 3)).isEmpty();
    assertThat(read(stream(), 0)).isEmpty();
  }

  @Test
  void a_stale_expected_version_is_refused_without_hurting_its_neighbours() {
    String stale = stream();
    String fine = stream();
    String fresh = stream();
    append(stale, 0, event("1"), event("2"));
    append(fine, 0, event("1"));
    AppendResult result =
        await(
            log()
                .append(
                    List.of(
                        append(fresh, 0, List.of(event("1"))),
                        append(stale, 1, List.of(event("x"), event("y"))),
                        append(fine, 1, List.of(event("2"))))));
    assertThat(result.done()).containsExactly(true, false, true);
    assertThat(payloads(stale)).containsExactly(payload("1"), payload("2"));
    assertThat(payloads(fine)).containsExactly(payload("1"), payload("2"));
    assertThat(payloads(fresh)).containsExactly(payload("1"));
  }

  @Test
  void a_stream_is_created_only_where_there_is_none_and_continued_only_where_it_is() {
    String stream = stream();
    assertDone(append(stream, 1, event("x")), false);
    assertDone(append(stream, 0, event("1")), true);
    assertDone(append(stream, 0, event("x")), false);
    assertDone(append(stream, 2, event("x")), false);
    assertThat(payloads(stream)).containsExactly(payload("1"));
  }

  @Test
  void an_append_without_events_confirms_a_version() {
    String stream = stream();
    assertDone(append(stream, 0), true);
    assertDone(append(stream, 1), false);
    append(stream, 0, event("1"));
    assertDone(append(stream, 0), false);
    assertDone(append(stream, 1), true);
    assertThat(payloads(stream)).hasSize(1);
  }

  @Test
  void an_answer_is_remembered_with_its_append_and_keeps_it_from_happening_again() {
    String stream = stream();
    String key = stream;
    AppendResult first = keyed(stream, 0, key, "answer", event("1"));
    assertThat(first.done()).containsExactly(true);
    assertThat(first.known()).isEmpty();
    assertThat(first.remembered()).containsExactly(key);
    AppendResult again = keyed(stream, 1, key, "another", event("2"));
    assertThat(again.done()).containsExactly(false);
    assertThat(again.remembered()).isEmpty();
    assertThat(again.known().get(key).answer()).isEqualTo("answer");
    assertThat(again.known().get(key).fingerprint()).isEqualTo(FINGERPRINT);
    assertThat(payloads(stream)).containsExactly(payload("1"));
  }

  @Test
  void an_answer_of_an_append_that_did_not_happen_is_not_remembered() {
    String stream = stream();
    append(stream, 0, event("1"));
    assertThat(keyed(stream, 0, stream, "a", event("x")).done()).containsExactly(false);
    assertThat(keyed(stream, 0, stream, "a").done()).containsExactly(false);
    assertThat(keyed(stream, 1, stream, "a", event("2")).remembered()).containsExactly(stream);
  }

  @Test
  void a_key_without_an_answer_is_only_looked_up() {
    String stream = stream();
    assertThat(keyed(stream, 0, stream, "").remembered()).isEmpty();
    assertThat(keyed(stream, 0, stream, "", event("1")).known()).isEmpty();
    assertThat(keyed(stream, 1, stream, "a", event("2")).remembered()).containsExactly(stream);
    assertThat(keyed(stream, 2, stream, "").known()).containsKey(stream);
  }

  @Test
  void of_many_keys_of_one_append_one_known_key_stops_all_of_it() {
    String stream = stream();
    keyed(stream, 0, stream + "-1", "a", event("1"));
    AppendResult result =
        await(
            log()
                .append(
                    List.of(
                        new StreamAppend(
                            stream,
                            1,
                            List.of(event("2"), event("3")),
                            List.of(
                                new KeyedAnswer(stream + "-1", FINGERPRINT, "b"),
                                new KeyedAnswer(stream + "-2", FINGERPRINT, "b"))))));
    assertThat(result.done()).containsExactly(false);
    assertThat(result.known()).containsOnlyKeys(stream + "-1");
    assertThat(payloads(stream)).hasSize(1);
    assertThat(keyed(stream, 1, stream + "-2", "c", event("2")).done()).containsExactly(true);
  }

  @Test
  void what_cannot_be_stored_is_refused_and_takes_nothing_with_it() {
    String stream = stream();
    String other = stream();
    NewEvent impossible = new NewEvent("counting", "t", "\u0000", "{}", "{}");
    assertThatThrownBy(
            () ->
                await(
                    log()
                        .append(
                            List.of(
                                append(other, 0, List.of(event("1"))),
                                append(stream, 0, List.of(impossible))))))
        .isInstanceOf(AppendRefusedException.class);
    assertThat(payloads(stream)).isEmpty();
    assertThat(payloads(other)).isEmpty();
  }

  @Test
  void many_streams_are_read_at_once_each_up_to_a_page() {
    String longOne = stream();
    String shortOne = stream();
    append(
        longOne,
        0,
        IntStream.range(0, EventLog.PAGE + 5)
            .mapToObj(i -> event("" + i))
            .toArray(NewEvent[]::new));
    append(shortOne, 0, event("a"), event("b"));
    List<StreamRead> reads =
        await(
            log()
                .read(
                    List.of(
                        new ReadFrom(longOne, 0, null),
                        new ReadFrom(stream(), 0, null),
                        new ReadFrom(shortOne, 1, null),
                        new ReadFrom(longOne, EventLog.PAGE, null))));
    assertThat(reads)
        .extracting(read -> read.events().size())
        .containsExactly(EventLog.PAGE, 0, 1, 5);
    assertThat(reads.getLast().events().getFirst().streamVersion()).isEqualTo(EventLog.PAGE + 1L);
    assertThat(reads).extracting(StreamRead::more).containsExactly(true, false, false, false);
    StreamRead some = await(log().read(longOne, 3, 2));
    assertThat(some.events()).extracting(LoggedEvent::streamVersion).containsExactly(4L, 5L);
    assertThat(some.more()).isTrue();
    assertThat(await(log().read(shortOne, 0, 2)).more()).as("these were all").isFalse();
    assertThat(await(log().read(shortOne, 2, 2))).isEqualTo(new StreamRead(null, List.of(), false));
  }

  /** Or a few large streams would be more than the memory has room for. */
  @Test
  void a_read_ends_where_it_has_bytes_enough_and_says_so() {
    String text = "é".repeat(EventLog.PAGE_BYTES / 8); // a quarter of a page each
    List<String> streams = IntStream.range(0, 3).mapToObj(i -> stream()).toList();
    for (String stream : streams) {
      append(stream, 0, event("1" + text), event("2" + text), event("3" + text));
    }
    String large = streams.getLast();
    append(large, 3, event("4" + text), event("5" + text));
    StreamRead first = await(log().read(large, 0, 10));
    assertThat(first.events()).hasSize(4);
    assertThat(first.more()).isTrue();
    StreamRead second = await(log().read(large, 4, 10));
    assertThat(second.events()).hasSize(1);
    assertThat(second.more()).isFalse();

    await(log().keep(List.of(new Snapshot(streams.get(1), 2, "s", text))));
    List<ReadFrom> from =
        List.of(
            new ReadFrom(streams.get(0), 0, null),
            new ReadFrom(streams.get(1), 0, "s"),
            new ReadFrom(large, 0, null));
    List<StreamRead> reads = await(log().read(from));
    assertThat(reads).extracting(read -> read.events().size()).containsExactly(3, 0, 0);
    assertThat(reads.get(1).snapshot()).isEqualTo(new Snapshot(streams.get(1), 2, "s", text));
    assertThat(reads).extracting(StreamRead::more).containsExactly(false, true, true);
    reads = await(log().read(from.reversed()));
    assertThat(reads).extracting(read -> read.events().size()).containsExactly(4, 0, 0);
    assertThat(reads).extracting(StreamRead::snapshot).containsOnlyNulls();
    assertThat(reads).extracting(StreamRead::more).containsOnly(true);
  }

  @Test
  void a_snapshot_of_the_wanted_shape_stands_for_the_events_before_it() {
    String stream = stream();
    append(stream, 0, event("1"), event("2"), event("3"));
    await(log().keep(List.of(new Snapshot(stream, 2, "s", "{\"x\":1}"))));
    StreamRead read = readOne(stream, 0, "s");
    assertThat(read.snapshot()).isEqualTo(new Snapshot(stream, 2, "s", "{\"x\":1}"));
    assertThat(read.events()).extracting(LoggedEvent::streamVersion).containsExactly(3L);
    for (StreamRead plain : List.of(readOne(stream, 0, "other"), readOne(stream, 0, null))) {
      assertThat(plain.snapshot()).isNull();
      assertThat(plain.events()).hasSize(3);
    }
    assertThat(readOne(stream, 2, "s").snapshot()).isNull();

    await(log().keep(List.of(new Snapshot(stream, 1, "s", "older"))));
    assertThat(readOne(stream, 0, "s").snapshot().version()).isEqualTo(2);
    await(log().keep(List.of(new Snapshot(stream, 1, "new shape", "n"))));
    assertThat(readOne(stream, 0, "new shape").events()).hasSize(2);
    assertThat(readOne(stream, 0, "s").events()).hasSize(3);
  }

  @Test
  void a_lock_makes_others_wait_for_the_append_under_it() throws Exception {
    String stream = stream();
    String neighbour = stream();
    append(stream, 0, event("1"));
    StreamLock lock = await(log().lock(stream));
    var other =
        later(
            log()
                .append(
                    List.of(
                        append(neighbour, 0, List.of(event("n"))),
                        append(stream, 1, List.of(event("x"))))));
    assertThat(payloads(stream)).as("whoever reads waits for nobody").hasSize(1);
    assertWaits(other);
    assertThat(await(lock.append(append(stream, 1, List.of(event("2"))))).done())
        .containsExactly(true);
    assertThat(other.get(10, TimeUnit.SECONDS).done()).containsExactly(true, false);
    assertThat(payloads(stream)).containsExactly(payload("1"), payload("2"));
    assertDone(append(stream, 2, event("3")), true);
  }

  /** Or somebody who is always fast would be the only one to have turns. */
  @Test
  void who_waits_for_a_lock_is_before_who_comes_later() throws Exception {
    String stream = stream();
    append(stream, 0, event("1"));
    StreamLock first = await(log().lock(stream));
    var second = later(log().lock(stream));
    assertWaits(second);
    var third = later(log().append(List.of(append(stream, 1, List.of(event("x"))))));
    assertWaits(third);
    first.release();
    StreamLock lock = second.get(10, TimeUnit.SECONDS);
    assertWaits(third);
    assertThat(await(lock.append(append(stream, 1, List.of(event("2"))))).done())
        .containsExactly(true);
    assertThat(third.get(10, TimeUnit.SECONDS).done()).containsExactly(false);
    assertThat(payloads(stream)).containsExactly(payload("1"), payload("2"));
  }

  @Test
  void what_fails_or_is_stale_under_a_lock_is_not_stored_and_gives_it_back() {
    String stream = stream();
    append(stream, 0, event("1"));
    assertThat(
            await(await(log().lock(stream)).append(append(stream, 0, List.of(event("x"))))).done())
        .containsExactly(false);
    StreamLock lock = await(log().lock(stream));
    NewEvent impossible = new NewEvent("counting", "t", "\u0000", "{}", "{}");
    assertThatThrownBy(() -> await(lock.append(append(stream, 1, List.of(impossible)))))
        .isInstanceOf(AppendRefusedException.class);
    assertDone(append(stream, 1, event("2")), true);
    assertThat(payloads(stream)).containsExactly(payload("1"), payload("2"));
  }

  @Test
  void a_stream_that_is_new_is_appended_to_with_a_lock_or_without() {
    String stream = stream();
    StreamLock lock = await(log().lock(stream));
    assertThat(await(lock.append(append(stream, 0, List.of(event("1"))))).done())
        .containsExactly(true);
    assertThat(payloads(stream)).containsExactly(payload("1"));
  }

  /** Each under the lock of its own stream. */
  @Test
  void of_concurrent_appends_under_locks_with_one_key_exactly_one_happens() throws Exception {
    for (int round = 0; round < 5; round++) {
      String key = stream();
      List<String> streams = IntStream.range(0, 4).mapToObj(i -> stream()).toList();
      streams.forEach(stream -> append(stream, 0, event("1")));
      List<StreamLock> locks = streams.stream().map(stream -> await(log().lock(stream))).toList();
      List<AppendResult> results =
          atOnce(
              4,
              i ->
                  await(
                      locks
                          .get(i)
                          .append(
                              new StreamAppend(
                                  streams.get(i),
                                  1,
                                  List.of(event("2")),
                                  List.of(new KeyedAnswer(key, FINGERPRINT, "answer " + i))))));
      assertThat(results.stream().filter(r -> r.done()[0])).hasSize(1);
      assertThat(results.stream().filter(r -> r.known().containsKey(key))).hasSize(3);
      assertThat(streams.stream().mapToInt(s -> payloads(s).size()).sum()).isEqualTo(5);
    }
  }

  @Test
  void of_concurrent_appends_on_one_version_exactly_one_happens() throws Exception {
    String stream = stream();
    for (int version = 0; version < 5; version++) {
      int expected = version;
      List<AppendResult> results =
          atOnce(16, i -> append(stream, expected, event(expected + "-" + i)));
      assertThat(results.stream().filter(r -> r.done()[0])).hasSize(1);
      assertThat(payloads(stream)).hasSize(version + 1);
    }
  }

  @Test
  void of_concurrent_appends_with_one_key_exactly_one_happens() throws Exception {
    for (int round = 0; round < 5; round++) {
      String key = stream();
      List<String> streams = IntStream.range(0, 16).mapToObj(i -> stream()).toList();
      List<AppendResult> results =
          atOnce(16, i -> keyed(streams.get(i), 0, key, "answer " + i, event("" + i)));
      assertThat(results.stream().filter(r -> r.done()[0])).hasSize(1);
      assertThat(results.stream().flatMap(r -> r.known().values().stream()).map(a -> a.answer()))
          .hasSize(15)
          .containsOnly(
              "answer "
                  + IntStream.range(0, 16)
                      .filter(i -> results.get(i).done()[0])
                      .findFirst()
                      .getAsInt());
      assertThat(streams.stream().mapToInt(s -> payloads(s).size()).sum()).isEqualTo(1);
    }
  }

  /**
   * Random appends to few streams from many threads: afterwards each stream is the acknowledged
   * appends, each whole, in the order of the versions they were acknowledged with.
   */
  @Test
  void a_random_history_is_one_that_the_acknowledgements_tell() throws Exception {
    List<String> streams = IntStream.range(0, 5).mapToObj(i -> stream()).toList();
    record Acknowledged(String stream, long base, List<String> payloads) {}
    List<Acknowledged> acknowledged = Collections.synchronizedList(new ArrayList<>());
    long seed = System.nanoTime();
    atOnce(
        8,
        thread -> {
          var random = new Random(seed + thread);
          Map<String, Long> versions = new HashMap<>();
          for (int step = 0; step < 60; step++) {
            List<StreamAppend> batch = new ArrayList<>();
            List<String> shuffled = new ArrayList<>(streams);
            Collections.shuffle(shuffled, random);
            for (String stream : shuffled.subList(0, 1 + random.nextInt(5))) {
              List<NewEvent> events = new ArrayList<>();
              for (int e = random.nextInt(4); e > 0; e--) {
                events.add(event("%d/%d/%d".formatted(thread, step, e)));
              }
              List<KeyedAnswer> keys =
                  random.nextBoolean()
                      ? List.of()
                      : List.of(new KeyedAnswer(UUID.randomUUID().toString(), FINGERPRINT, "a"));
              batch.add(new StreamAppend(stream, versions.getOrDefault(stream, 0L), events, keys));
            }
            AppendResult result = await(log().append(batch));
            for (int i = 0; i < batch.size(); i++) {
              StreamAppend append = batch.get(i);
              if (result.done()[i]) {
                acknowledged.add(
                    new Acknowledged(
                        append.streamId(),
                        append.expectedVersion(),
                        append.events().stream().map(NewEvent::payload).toList()));
              }
              versions.put(append.streamId(), (long) payloads(append.streamId()).size());
            }
          }
          return true;
        });
    for (String stream : streams) {
      List<String> told = new ArrayList<>();
      acknowledged.stream()
          .filter(a -> a.stream().equals(stream) && !a.payloads().isEmpty())
          .sorted(java.util.Comparator.comparingLong(Acknowledged::base))
          .forEach(
              a -> {
                assertThat(a.base()).as("seed %d", seed).isEqualTo(told.size());
                told.addAll(a.payloads());
              });
      assertThat(payloads(stream)).as("seed %d", seed).isEqualTo(told);
      assertThat(told).isNotEmpty();
    }
  }

  interface Work<T> {
    T by(int thread) throws Exception;
  }

  static <T> List<T> atOnce(int threads, Work<T> work) throws Exception {
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Callable<T>> calls = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int thread = i;
        calls.add(() -> work.by(thread));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : executor.invokeAll(calls)) {
        results.add(future.get());
      }
      return results;
    }
  }

  private static <T> CompletableFuture<T> later(Uni<T> work) {
    return work.subscribeAsCompletionStage();
  }

  private static void assertWaits(CompletableFuture<?> future) {
    assertThatThrownBy(() -> future.get(300, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
  }

  static String stream() {
    return "counter-" + UUID.randomUUID();
  }

  static String payload(String text) {
    return "{\"is\":\"" + text + "\"}";
  }

  static NewEvent event(String text) {
    return new NewEvent("counting", "counting.Tested.v1", "key", "{}", payload(text));
  }

  static StreamAppend append(String stream, long expected, List<NewEvent> events) {
    return new StreamAppend(stream, expected, events, List.of());
  }

  private AppendResult append(String stream, long expected, NewEvent... events) {
    return await(log().append(List.of(append(stream, expected, Arrays.asList(events)))));
  }

  private AppendResult keyed(
      String stream, long expected, String key, String answer, NewEvent... events) {
    return await(
        log()
            .append(
                List.of(
                    new StreamAppend(
                        stream,
                        expected,
                        Arrays.asList(events),
                        List.of(new KeyedAnswer(key, FINGERPRINT, answer))))));
  }

  private static void assertDone(AppendResult result, boolean done) {
    assertThat(result.done()).containsExactly(done);
  }

  private List<LoggedEvent> read(String stream, long after) {
    return readOne(stream, after, null).events();
  }

  private StreamRead readOne(String stream, long after, String shape) {
    return await(log().read(List.of(new ReadFrom(stream, after, shape)))).getFirst();
  }

  private List<String> payloads(String stream) {
    return read(stream, 0).stream().map(LoggedEvent::payload).toList();
  }

  static <T> T await(Uni<T> uni) {
    return uni.await().atMost(Duration.ofSeconds(30));
  }
}
