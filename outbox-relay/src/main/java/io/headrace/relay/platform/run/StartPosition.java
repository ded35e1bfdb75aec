package io.headrace.relay.platform.run;

import io.headrace.events.platform.Topics;
import io.headrace.relay.platform.RelayConfig;
import io.headrace.relay.platform.RelayRefusedException;
import io.headrace.relay.platform.kafka.KafkaClients;
import io.headrace.relay.platform.kafka.KafkaSession;
import io.headrace.relay.platform.kafka.PublishedEvents;
import io.headrace.relay.platform.position.Position;
import io.headrace.relay.platform.position.PositionLostException;
import io.headrace.relay.platform.position.StoredPosition;
import io.headrace.relay.platform.source.LogDatabase;
import io.headrace.relay.platform.source.SlotState;
import io.quarkus.logging.Log;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Where to go on. Kafka holds a position, and PostgreSQL a slot; each may have been lost, restored
 * or made anew without the other. Unless they fit together, something would be missing in Kafka or
 * come twice.
 */
final class StartPosition {

  /** What an operator can do about it. */
  static final String REMEDY =
      "; \"make relay-refill\" (POST /relay/refill) publishes what is missing and goes on";

  private final RelayConfig config;
  private final KafkaClients clients;

  StartPosition(RelayConfig config, KafkaClients clients) {
    this.config = config;
    this.clients = clients;
  }

  /** To be asked when no other relay can publish any more, nor stream. */
  StoredPosition of(KafkaSession session, LogDatabase log) throws SQLException {
    String system = log.system();
    SlotState slot =
        log.slot().orElseThrow(() -> new RelayRefusedException("the slot has just been dropped"));
    Optional<StoredPosition> stored = session.position();
    return stored.isPresent()
        ? checked(stored.get(), system, slot)
        : first(session, log, system, slot);
  }

  /** Nothing was ever published: that must be true of the slot and of the topics too. */
  private StoredPosition first(KafkaSession session, LogDatabase log, String system, SlotState slot)
      throws SQLException {
    List<String> contexts = log.contexts();
    Set<String> topics = new HashSet<>(contexts.stream().map(Topics::of).toList());
    // Of a log that is empty now, such as a restored backup of its first day, nothing else tells.
    KafkaSession.lastHeartbeat(clients, config)
        .ifPresent(heartbeat -> topics.addAll(heartbeat.ends().keySet()));
    if (!topics.isEmpty()) {
      try (PublishedEvents published = PublishedEvents.of(clients, topics)) {
        if (published.any()) {
          throw new PositionLostException(
              "Kafka holds events, but not the position of the slot %s%s"
                  .formatted(config.slot(), REMEDY));
        }
      }
    }
    if (!contexts.isEmpty() && !log.unread()) {
      throw new PositionLostException(
          "Kafka holds no position of the slot %s, but the slot does not begin before the first event%s"
              .formatted(config.slot(), REMEDY));
    }
    StoredPosition first = new StoredPosition(system, Position.at(slot.confirmedLsn()));
    session.publish(List.of(), first);
    Log.infof("first start: from the slot's own position %s", first.position());
    return first;
  }

  private StoredPosition checked(StoredPosition from, String system, SlotState slot) {
    if (!from.system().equals(system)) {
      throw new PositionLostException(
          "the position in Kafka (%s) belongs to the PostgreSQL cluster %s, but the database to %s%s"
              .formatted(from.position(), from.system(), system, REMEDY));
    }
    if (Long.compareUnsigned(from.position().lsn(), slot.confirmedLsn()) < 0) {
      throw new PositionLostException(
          "Kafka holds the log up to %s, but the slot %s begins at %s: it was created anew or moved, and what lies between would be missing in Kafka%s"
              .formatted(
                  from.position(), config.slot(), Position.lsn(slot.confirmedLsn()), REMEDY));
    }
    if (Long.compareUnsigned(from.position().lsn(), slot.currentLsn()) > 0) {
      throw new PositionLostException(
          "Kafka holds the log up to %s, but the database's ends at %s: it is older than what was published, such as a restored backup%s"
              .formatted(from.position(), Position.lsn(slot.currentLsn()), REMEDY));
    }
    return from;
  }

  /**
   * The slot is not there. Before the first start the migrations will create it; later it is lost.
   *
   * @throws RelayRefusedException if it is lost
   */
  void requireFirst() {
    Optional<StoredPosition> stored = KafkaSession.glance(clients, config);
    if (stored.isPresent()) {
      throw new RelayRefusedException(
          "the slot %s is gone, but Kafka holds the log up to %s: what was appended since would be missing in Kafka%s"
              .formatted(config.slot(), stored.get().position(), REMEDY));
    }
  }
}
