package io.headrace.command.platform.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.command.contexts.counter.CounterDefinition;
import io.headrace.command.platform.log.EventLog.LoggedEvent;
import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is kept of a stream gives its state again, in whichever form it is kept. */
class StateCacheTest {

  private static final String STREAM = "counter-1";

  /** What an entry weighs besides its state. */
  private static final int BESIDES = 256;

  private final Aggregate counter = aggregate();
  private final StateCache cache = new StateCache(config("64M"));

  private static Aggregate aggregate() {
    if (new Aggregates(List.of(new CounterDefinition()), List.of())
            .find("counting", "counters", "open-counter")
        instanceof Aggregates.Found.Command(var aggregate, var _)) {
      return aggregate;
    }
    throw new IllegalStateException("there is no counter");
  }

  private static CommandConfig config(String size) {
    return new SmallRyeConfigBuilder()
        .withMapping(CommandConfig.class)
        .withConverter(MemorySize.class, 200, new MemorySizeConverter())
        .withConverter(Duration.class, 200, new DurationConverter())
        .withDefaultValue("headrace.commands.state-cache-size", size)
        .build()
        .getConfigMapping(CommandConfig.class);
  }

  private static LoggedEvent event(long version) {
    return version == 1
        ? logged(
            1,
            "counting.CounterOpened.v1",
            "{\"counterId\":\"1\",\"labels\":[],\"openedAt\":\"2026-01-01T00:00:00.123456789Z\"}")
        : logged(
            version,
            "counting.CounterIncreased.v1",
            "{\"counterId\":\"1\",\"by\":" + version + "}");
  }

  private static LoggedEvent logged(long version, String type, String payload) {
    return new LoggedEvent(version, "counting", type, "1", 0, "{}", payload);
  }

  private VersionedState state(long version) {
    return counter.fold(
        counter.initial(),
        LongStream.rangeClosed(1, version).mapToObj(StateCacheTest::event).toList());
  }

  private @Nullable VersionedState cached() {
    Kept kept = cache.get(STREAM);
    return kept == null ? null : kept.restore(counter);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 4, 5, 60})
  void what_was_put_comes_back(long version) {
    VersionedState put = state(version);
    cache.put(STREAM, put);
    assertThat(cached()).isEqualTo(put);
    assertThat(cache.get(STREAM)).extracting(Kept::version).isEqualTo(version);
    assertThat(cache.get(STREAM)).extracting(Kept::bytes).isEqualTo(put.bytes());
  }

  @Test
  void a_short_stream_is_kept_as_its_events_and_a_longer_one_as_its_state() {
    VersionedState state = counter.initial();
    for (long version = 1; version <= 10; version++) {
      state = counter.fold(state, List.of(event(version)));
      cache.put(STREAM, state);
      assertThat(cache.get(STREAM))
          .as("version %d", version)
          .isInstanceOf(version <= 4 ? Kept.Events.class : VersionedState.class);
      VersionedState cached = cached();
      assertThat(cached).isEqualTo(state(version));
      state = cached; // as the lane does: it goes on with what it finds here
    }
  }

  @Test
  void what_comes_from_a_snapshot_is_kept_as_its_state() {
    VersionedState restored = counter.restored(3, counter.snapshot(state(3).state()));
    cache.put(STREAM, restored);
    assertThat(cache.get(STREAM)).isEqualTo(restored);
    VersionedState next = counter.fold(restored, List.of(event(4)));
    cache.put(STREAM, next);
    assertThat(cache.get(STREAM)).isEqualTo(next);
    assertThat(next.state()).isEqualTo(state(4).state());
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 7})
  void the_newer_stays(long newer) {
    cache.put(STREAM, state(newer));
    cache.put(STREAM, state(1));
    assertThat(cached()).isEqualTo(state(newer));
  }

  @Test
  void it_stays_within_its_weight() {
    var small = new StateCache(config("64K"));
    for (int i = 0; i < 10_000; i++) {
      small.put("counter-" + i, state(1 + i % 6));
    }
    long kept = 0;
    for (int i = 0; i < 10_000; i++) {
      Kept one = small.get("counter-" + i);
      kept += one == null ? 0 : BESIDES + one.bytes();
    }
    // As much as fits, and what is said of it is the sum of what each entry says.
    assertThat(kept).isEqualTo(small.bytes()).isBetween(60L * 1024, 64L * 1024);
    assertThat(small.size()).isLessThan(64L * 1024 / BESIDES);
  }

  @Test
  void a_large_state_takes_the_place_of_many_small_ones() {
    var small = new StateCache(config("64K"));
    for (int i = 0; i < 1_000; i++) {
      small.put("counter-" + i, state(1));
    }
    long before = small.size();
    long lightest = BESIDES + state(1).bytes();
    VersionedState large = large(40 * 1024);
    // A newcomer must be wanted more often than those whose place it takes.
    for (int i = 0; i < 20; i++) {
      small.put("counter-large", large);
    }
    assertThat(small.get("counter-large")).isNotNull();
    assertThat(before - small.size()).isGreaterThanOrEqualTo(35 * 1024 / lightest);
    assertThat(small.bytes()).isLessThanOrEqualTo(64L * 1024);
  }

  /** What a stream has gone through is not what its state weighs. */
  @Test
  void a_state_that_stays_small_weighs_little_after_many_events() {
    VersionedState total = state(1);
    long events = total.bytes();
    for (int version = 2; version <= 2_000; version++) {
      LoggedEvent event = event(version);
      events += event.payload().length();
      total = counter.fold(total, List.of(event));
      assertThat(total.bytes()).as("at version %d", version).isLessThan(10_000);
    }
    assertThat(events).as("what the events weigh").isGreaterThan(50_000);
    assertThat(total.bytes()).isGreaterThanOrEqualTo(counter.snapshot(total.state()).length());
  }

  private VersionedState large(int bytes) {
    return counter.fold(
        counter.initial(),
        List.of(
            logged(
                1,
                "counting.CounterOpened.v1",
                "{\"counterId\":\"1\",\"openedAt\":\"2026-01-01T00:00:00Z\",\"labels\":[{\"text\":\"%s\",\"weight\":1,\"colour\":\"red\"}]}"
                    .formatted("x".repeat(bytes)))));
  }

  @Test
  void of_size_0_it_keeps_nothing() {
    var off = new StateCache(config("0"));
    off.put(STREAM, state(1));
    assertThat(off.get(STREAM)).isNull();
  }
}
