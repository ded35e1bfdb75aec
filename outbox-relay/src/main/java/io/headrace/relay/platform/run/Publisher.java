package io.headrace.relay.platform.run;

import io.headrace.relay.platform.kafka.KafkaSession;
import io.headrace.relay.platform.position.Position;
import io.headrace.relay.platform.position.PositionTracker;
import io.headrace.relay.platform.position.StoredPosition;
import io.headrace.relay.platform.record.EventRecords;
import io.headrace.relay.platform.record.LogChange;
import io.headrace.relay.platform.record.LogRow;
import io.headrace.relay.platform.record.OutgoingEvent;
import io.headrace.relay.platform.record.UnrelayableEventException;
import io.headrace.relay.platform.source.LogStream;
import io.quarkus.logging.Log;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes one Kafka transaction of each batch of changes. For one thread. */
final class Publisher implements LogStream.Sink {

  private final KafkaSession session;
  private final String system;
  private final PositionTracker tracker;
  private final RelayMetrics metrics;
  private final RelayStatus status;
  private final Circuits circuits;
  private final EventRecords records = new EventRecords();
  private Position stored;
  private @Nullable Instant beat;

  Publisher(
      KafkaSession session,
      StoredPosition from,
      RelayMetrics metrics,
      RelayStatus status,
      Circuits circuits) {
    this.session = session;
    this.system = from.system();
    this.stored = from.position();
    this.tracker = new PositionTracker(from.position());
    this.metrics = metrics;
    this.status = status;
    this.circuits = circuits;
  }

  @Override
  public void take(List<LogChange> changes) {
    List<OutgoingEvent> events = new ArrayList<>(changes.size());
    UnrelayableEventException poison = collect(changes, events);
    // What came before it was fine, and is not to wait for an operator.
    publish(events);
    if (beat != null) {
      session.heartbeat(beat);
      beat = null;
    }
    if (poison != null) {
      throw poison;
    }
  }

  /** Returns what must stop the relay, once all that came before it is published. */
  private @Nullable UnrelayableEventException collect(
      List<LogChange> changes, List<OutgoingEvent> events) {
    for (LogChange change : changes) {
      try {
        switch (change) {
          case LogChange.Insert(long commitLsn, long transaction, LogRow row) -> {
            OutgoingEvent event = parked(row.id()) ? null : records.of(row);
            if (tracker.next(commitLsn, transaction, row.id()) && event != null) {
              events.add(event);
            }
          }
          case LogChange.Message(long commitLsn, Instant at) -> {
            tracker.message(commitLsn);
            beat = at == null ? beat : at;
          }
          case LogChange.Unreadable(
                  long commitLsn,
                  long transaction,
                  String event,
                  UnrelayableEventException cause) -> {
            if (event == null || !parked(event)) {
              throw cause;
            }
            tracker.next(commitLsn, transaction, event);
          }
        }
      } catch (UnrelayableEventException e) {
        return e;
      }
    }
    return null;
  }

  private boolean parked(String event) {
    boolean parked = session.parked().contains(event);
    if (parked) {
      Log.warnf("the event %s is left out: it is parked", event);
    }
    return parked;
  }

  private void publish(List<OutgoingEvent> events) {
    Position after = tracker.current();
    if (events.isEmpty() && after.equals(stored)) {
      return;
    }
    long start = System.nanoTime();
    metrics.publishing(events);
    commit(events, new StoredPosition(system, after));
    metrics.published(events, System.nanoTime() - start);
    if (!events.isEmpty()) {
      status.goesOn();
    }
    stored = after;
  }

  private void commit(List<OutgoingEvent> events, StoredPosition after) {
    try {
      circuits.call(
          Circuits.KAFKA,
          Void.class,
          () -> {
            session.publish(events, after);
            return null;
          });
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("publishing throws nothing of the kind", e);
    }
  }
}
