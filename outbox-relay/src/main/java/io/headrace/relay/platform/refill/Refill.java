package io.headrace.relay.platform.refill;

import io.headrace.events.platform.Heartbeat;
import io.headrace.events.platform.Topics;
import io.headrace.relay.platform.DatabaseConfig;
import io.headrace.relay.platform.RelayConfig;
import io.headrace.relay.platform.RelayRefusedException;
import io.headrace.relay.platform.kafka.KafkaClients;
import io.headrace.relay.platform.kafka.KafkaSession;
import io.headrace.relay.platform.kafka.PublishedEvents;
import io.headrace.relay.platform.position.Position;
import io.headrace.relay.platform.position.StoredPosition;
import io.headrace.relay.platform.record.EventRecords;
import io.headrace.relay.platform.record.OutgoingEvent;
import io.headrace.relay.platform.record.UnrelayableEventException;
import io.headrace.relay.platform.refill.RefillProgress.State;
import io.headrace.relay.platform.source.LogDatabase;
import io.headrace.relay.platform.source.LogSnapshot;
import io.headrace.relay.platform.source.LogSnapshot.Missing;
import io.headrace.relay.platform.source.SlotCreation;
import io.headrace.relay.platform.source.SlotState;
import io.quarkus.logging.Log;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Publishes exactly what the topics lack, and begins a new slot where that ends.
 *
 * <p>The new slot comes with a snapshot that ends where the slot begins, so between what is
 * compared and what the slot will send there is neither a hole nor an overlap. The session with
 * Kafka fences every other relay of the slot, so nothing is published meanwhile. The position moves
 * only at the end: a refill that dies halfway leaves a relay that refuses again, and the next
 * refill finds what the former has published and goes on behind it.
 *
 * <p>The relay publishes in the order of commits, so what is missing is the newest part of each
 * stream. Its oldest part may have been published and deleted from the topic since ({@link
 * Deletions}); that is left alone. Anything else missing could only be published out of order; then
 * nothing is.
 */
public final class Refill {

  private final DatabaseConfig database;
  private final RelayConfig config;
  private final KafkaClients clients;
  private final Consumer<RefillProgress> listener;
  private final EventRecords records = new EventRecords();
  private RefillProgress progress = RefillProgress.requested();

  public Refill(
      DatabaseConfig database,
      RelayConfig config,
      KafkaClients clients,
      Consumer<RefillProgress> listener) {
    this.database = database;
    this.config = config;
    this.clients = clients;
    this.listener = listener;
  }

  /**
   * @throws RelayRefusedException if something else than a missing end is wrong; nothing is
   *     published then
   * @throws UnrelayableEventException at an event that cannot be published; what comes before it is
   */
  public void run() throws SQLException {
    try (LogDatabase log = LogDatabase.connect(database, config)) {
      claim(log);
      try (KafkaSession session = KafkaSession.open(clients, config)) {
        say(progress.with(State.SLOT, null));
        try (SlotCreation slot = SlotCreation.anew(database, config);
            LogSnapshot snapshot = LogSnapshot.of(database, config, slot)) {
          Log.infof(
              "refill: the slot %s begins anew at %s", config.slot(), Position.lsn(slot.lsn()));
          refill(log, session, snapshot);
          session.publish(List.of(), new StoredPosition(log.system(), Position.at(slot.lsn())));
        }
      }
      say(progress.with(State.DONE, outcome()));
    } catch (SQLException | RuntimeException e) {
      say(progress.failed(String.valueOf(e.getMessage())));
      throw e;
    }
  }

  private String outcome() {
    return "%d events were missing and are published, %d were there%s"
        .formatted(
            progress.refilled(),
            progress.published(),
            progress.expired() == 0
                ? ""
                : "; %d that had been published were deleted from Kafka, and are left alone"
                    .formatted(progress.expired()));
  }

  private void claim(LogDatabase log) throws SQLException {
    log.requireReplication();
    if (!log.published()) {
      throw new RelayRefusedException(
          "the publication %s does not exist: the command service's migrations create it"
              .formatted(config.publication()));
    }
    if (log.slot().filter(SlotState::active).isPresent() || !log.claim()) {
      throw new RelayRefusedException(
          "a relay streams from the slot %s: nothing needs a refill".formatted(config.slot()));
    }
    log.keepClaim();
  }

  private void refill(LogDatabase log, KafkaSession session, LogSnapshot snapshot)
      throws SQLException {
    Optional<Heartbeat> heartbeat = KafkaSession.lastHeartbeat(clients, config);
    // The log's, and those on record: Kafka may hold what the log does not have. Any of the three
    // may be lost.
    session.include(log.contexts().stream().map(Topics::of).toList());
    heartbeat.ifPresent(last -> session.include(last.ends().keySet()));
    try (PublishedEvents published = PublishedEvents.of(clients, session.topics())) {
      say(progress.with(State.COMPARING, null).withCompared(published.size(), 0));
      read(published, snapshot);
      LogSnapshot.Counts counts = snapshot.compare(session.parked());
      if (counts.unknown() > 0) {
        throw new RelayRefusedException(
            "Kafka holds %d events that the event log does not have, such as %s: the log is older than what was published, such as a restored backup, and events appended to it would contradict Kafka's"
                .formatted(counts.unknown(), snapshot.someUnknown()));
      }
      Deletions deletions = new Deletions(published, heartbeat.map(Heartbeat::at).orElse(null));
      long expired = expired(deletions, snapshot);
      say(
          progress
              .with(State.PUBLISHING, null)
              .withCounts(
                  counts.log(), counts.published(), counts.twice(), counts.missing(), expired));
      Log.infof(
          "refill: of %d events, %d are in Kafka, %d are missing, %d of these were published and deleted there",
          counts.log(), counts.published(), counts.missing(), expired);
      snapshot.missing(config.maxBatch(), rows -> publish(rows, deletions, session));
    }
  }

  private void read(PublishedEvents published, LogSnapshot snapshot) throws SQLException {
    try {
      published.visit(
          (stream, version) -> {
            try {
              snapshot.published(stream, version);
            } catch (SQLException e) {
              throw new FailedException(e);
            }
          },
          read -> {
            if (read % 1_000 == 0) {
              say(progress.withCompared(published.size(), read));
            }
          });
    } catch (FailedException e) {
      throw e.cause;
    }
    say(progress.withCompared(published.size(), published.size()));
  }

  /** How many of the missing events are left alone; makes sure that no other is out of order. */
  private long expired(Deletions deletions, LogSnapshot snapshot) throws SQLException {
    long[] count = {0};
    @Nullable String[] hole = {null};
    snapshot.missing(
        config.maxBatch(),
        rows -> {
          for (Missing missing : rows) {
            if (deletions.of(missing)) {
              count[0]++;
            } else if (missing.last() != null
                && missing.row().streamVersion() < missing.last()
                && hole[0] == null) {
              hole[0] = missing.row().id();
            }
          }
        });
    if (hole[0] != null) {
      throw new RelayRefusedException(
          "Kafka lacks %s, but holds later events of its stream: it cannot be published in order any more. Delete the contexts' topics and refill them from their beginning"
              .formatted(hole[0]));
    }
    return count[0];
  }

  private void publish(List<Missing> rows, Deletions deletions, KafkaSession session) {
    List<OutgoingEvent> events = new ArrayList<>(rows.size());
    UnrelayableEventException poison = null;
    for (Missing missing : rows) {
      if (deletions.of(missing)) {
        continue;
      }
      try {
        events.add(records.of(missing.row()));
      } catch (UnrelayableEventException e) {
        poison = e;
        break;
      }
    }
    if (!events.isEmpty()) {
      session.publish(events, null);
    }
    say(progress.withRefilled(progress.refilled() + events.size()));
    if (poison != null) {
      throw poison;
    }
  }

  private void say(RefillProgress next) {
    progress = next;
    listener.accept(next);
  }

  /** Carries a failure through a visitor. */
  private static final class FailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final SQLException cause;

    FailedException(SQLException cause) {
      super(cause);
      this.cause = cause;
    }
  }
}
