package io.headrace.command.platform.dispatch;

import io.headrace.command.platform.log.EventLog;
import io.headrace.command.platform.log.Reads;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

/** The states of streams, from the log. */
@Singleton
public class States {

  private final Reads reads;
  private final EventLog log;
  private final StateCache cache;

  States(Reads reads, EventLog log, StateCache cache) {
    this.reads = reads;
    this.log = log;
    this.cache = cache;
  }

  /**
   * The state as it is now, at some moment after the subscription: only the events that are newer
   * than a cached state are read.
   */
  public Uni<VersionedState> current(Aggregate aggregate, String streamId) {
    return Uni.createFrom()
        .deferred(
            () -> {
              VersionedState cached = cache.get(streamId);
              return foldOn(aggregate, streamId, cached == null ? aggregate.initial() : cached);
            });
  }

  /** The state from the events alone, for when the cache has turned out to be wrong. */
  Uni<VersionedState> fromScratch(Aggregate aggregate, String streamId) {
    cache.remove(streamId);
    return foldOn(aggregate, streamId, aggregate.initial());
  }

  private Uni<VersionedState> foldOn(Aggregate aggregate, String streamId, VersionedState from) {
    return reads
        .read(streamId, from.version())
        .flatMap(
            events -> {
              VersionedState state = aggregate.fold(from, events);
              if (events.size() == EventLog.PAGE) {
                return foldOn(aggregate, streamId, state);
              }
              if (state.version() > 0) {
                cache.put(streamId, state);
              }
              return Uni.createFrom().item(state);
            });
  }

  /**
   * @return the state as it was at that version, or null if the stream has not come to it
   */
  public Uni<@Nullable VersionedState> at(Aggregate aggregate, String streamId, long version) {
    return foldUpTo(aggregate, streamId, aggregate.initial(), version);
  }

  private Uni<@Nullable VersionedState> foldUpTo(
      Aggregate aggregate, String streamId, VersionedState from, long version) {
    int limit = (int) Math.min(EventLog.PAGE, version - from.version());
    return log.read(streamId, from.version(), limit)
        .flatMap(
            events -> {
              VersionedState state = aggregate.fold(from, events);
              if (state.version() == version) {
                return Uni.createFrom().item(state);
              }
              return events.size() < limit
                  ? Uni.createFrom().nullItem()
                  : foldUpTo(aggregate, streamId, state, version);
            });
  }
}
