package io.headrace.command.platform.dispatch;

import io.headrace.command.platform.log.EventLog;
import io.headrace.command.platform.log.EventLog.Snapshot;
import io.headrace.command.platform.log.LogReplaced;
import io.quarkus.logging.Log;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Takes snapshots off the way of commands: the lane only leaves a state here, which costs it a look
 * into a map. A worker thread writes them, one statement at a time; what cannot be written is
 * forgotten. Nothing rests on a snapshot being there.
 */
@Singleton
class Snapshots {

  private static final int MOST_WAITING = 2000;
  private static final int BATCH = 64;

  private record Due(Aggregate aggregate, VersionedState state) {}

  private final EventLog log;
  private final LaneMetrics metrics;
  private final int every;

  /** By stream: of several states that wait, the newest is enough. */
  private final Map<String, Due> due = new ConcurrentHashMap<>();

  private final AtomicBoolean writing = new AtomicBoolean();
  private final Set<String> notWritable = ConcurrentHashMap.newKeySet();

  Snapshots(EventLog log, LaneMetrics metrics, CommandConfig config) {
    this.log = log;
    this.metrics = metrics;
    this.every = config.snapshotEvery();
  }

  boolean enabled() {
    return every > 0;
  }

  /** The stream has come from one version to this state, and the log has it all. */
  void reached(Aggregate aggregate, String streamId, long from, VersionedState state) {
    if (every > 0 && state.version() / every > from / every) {
      take(aggregate, streamId, state);
    }
  }

  private void take(Aggregate aggregate, String streamId, VersionedState state) {
    if (due.size() >= MOST_WAITING || notWritable.contains(aggregate.name())) {
      metrics.snapshots("dropped", 1);
      return;
    }
    due.merge(
        streamId,
        new Due(aggregate, state),
        (old, young) -> young.state.version() >= old.state.version() ? young : old);
    write();
  }

  void forget(@Observes LogReplaced event) {
    due.clear();
  }

  /** The flag is taken before the map is looked at and given back before it is looked at again. */
  private void write() {
    if (!due.isEmpty() && writing.compareAndSet(false, true)) {
      try {
        Infrastructure.getDefaultWorkerPool().execute(this::writeBatch);
      } catch (RejectedExecutionException e) {
        writing.set(false); // the service stops, or its workers are all busy: the next will do
      }
    }
  }

  private void writeBatch() {
    List<Snapshot> batch = new ArrayList<>();
    for (Iterator<Map.Entry<String, Due>> waiting = due.entrySet().iterator();
        waiting.hasNext() && batch.size() < BATCH; ) {
      Map.Entry<String, Due> next = waiting.next();
      if (due.remove(next.getKey(), next.getValue())) {
        add(batch, next.getKey(), next.getValue());
      }
    }
    log.keep(batch)
        .subscribe()
        .with(
            kept -> {
              metrics.snapshots("written", batch.size());
              done();
            },
            failure -> {
              metrics.snapshots("dropped", batch.size());
              Log.debugf("snapshots are not written: %s", failure.getMessage());
              done();
            });
  }

  private void done() {
    writing.set(false);
    write();
  }

  /** A state that does not come back from JSON as it was must not come back at all. */
  private void add(List<Snapshot> batch, String streamId, Due due) {
    Aggregate aggregate = due.aggregate;
    try {
      String json = aggregate.snapshot(due.state.state());
      if (aggregate.state(json).equals(due.state.state())) {
        batch.add(new Snapshot(streamId, due.state.version(), aggregate.shape(), json));
        return;
      }
    } catch (RuntimeException | StackOverflowError e) {
      Log.debugf(e, "a state of %s", aggregate.name());
    }
    metrics.snapshots("dropped", 1);
    if (notWritable.add(aggregate.name())) {
      Log.warnf(
          "the states of %s do not survive JSON: there are no snapshots of them", aggregate.name());
    }
  }
}
