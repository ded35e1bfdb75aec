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
    assertThat(small.bytes()).isBetween(32L * 1024, 64L * 1024);
    assertThat(small.size()).isBetween(64L, 256L);
  }

  @Test
  void of_size_0_it_keeps_nothing() {
    var off = new StateCache(config("0"));
    off.put(STREAM, state(1));
    assertThat(off.get(STREAM)).isNull();
  }
}
