package io.headrace.command.platform.dispatch;

import io.headrace.command.platform.log.EventLog;
import io.headrace.command.platform.log.EventLog.Snapshot;
import io.headrace.command.platform.log.EventLog.StreamRead;
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
  private final Snapshots snapshots;
  private final LaneMetrics metrics;

  States(Reads reads, EventLog log, StateCache cache, Snapshots snapshots, LaneMetrics metrics) {
    this.reads = reads;
    this.log = log;
    this.cache = cache;
    this.snapshots = snapshots;
    this.metrics = metrics;
  }

  /**
   * The state as it is now, at some moment after the subscription. Only the events that are newer
   * than a cached state are read, or than a snapshot where there is none.
   */
  public Uni<VersionedState> current(Aggregate aggregate, String streamId) {
    return Uni.createFrom()
        .deferred(
            () -> {
              Kept cached = cache.get(streamId);
              return cached == null
                  ? fromSnapshot(aggregate, streamId)
                  : foldOn(aggregate, streamId, cached.restore(aggregate));
            });
  }

  private Uni<VersionedState> fromSnapshot(Aggregate aggregate, String streamId) {
    if (!snapshots.enabled()) {
      return foldOn(aggregate, streamId, aggregate.initial());
    }
    return reads
        .read(streamId, 0, aggregate.shape())
        .flatMap(
            read -> {
              Snapshot snapshot = read.snapshot();
              VersionedState from = aggregate.initial();
              if (snapshot != null) {
                try {
                  from = aggregate.restored(snapshot.version(), snapshot.state());
                  metrics.snapshots("used", 1);
                } catch (IllegalArgumentException e) {
                  metrics.snapshots("unreadable", 1);
                  return foldOn(aggregate, streamId, from);
                }
              }
              return fold(aggregate, streamId, from, read);
            });
  }

  /** The state from the events alone, for when the cache has turned out to be wrong. */
  Uni<VersionedState> fromScratch(Aggregate aggregate, String streamId) {
    cache.remove(streamId);
    return foldOn(aggregate, streamId, aggregate.initial());
  }

  private Uni<VersionedState> foldOn(Aggregate aggregate, String streamId, VersionedState from) {
    return reads
        .read(streamId, from.version(), null)
        .flatMap(read -> fold(aggregate, streamId, from, read));
  }

  private Uni<VersionedState> fold(
      Aggregate aggregate, String streamId, VersionedState from, StreamRead read) {
    VersionedState state = aggregate.fold(from, read.events());
    if (read.more()) {
      return foldOn(aggregate, streamId, state);
    }
    if (state.version() > 0) {
      cache.put(streamId, state);
      snapshots.reached(aggregate, streamId, from.version(), state);
    }
    return Uni.createFrom().item(state);
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
            read -> {
              VersionedState state = aggregate.fold(from, read.events());
              if (state.version() == version) {
                return Uni.createFrom().item(state);
              }
              return read.more()
                  ? foldUpTo(aggregate, streamId, state, version)
                  : Uni.createFrom().nullItem();
            });
  }
}
