package io.headrace.relay.platform.run;

import io.headrace.relay.platform.RelayConfig;
import io.headrace.relay.platform.kafka.KafkaClients;
import io.headrace.relay.platform.kafka.ParkedEvent;
import io.headrace.relay.platform.kafka.ParkedTopic;
import io.headrace.relay.platform.record.UnrelayableEventException;
import io.quarkus.logging.Log;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;

/** Lets an operator leave out the one event before which the relay has stopped. */
@ApplicationScoped
public class Parking {

  private final RelayConfig config;
  private final KafkaClients clients;
  private final RelayStatus status;
  private final RelaySupervisor supervisor;

  Parking(
      RelayConfig config, KafkaClients clients, RelayStatus status, RelaySupervisor supervisor) {
    this.config = config;
    this.clients = clients;
    this.status = status;
    this.supervisor = supervisor;
  }

  /** The id of the event before which the relay has stopped. */
  public Optional<String> stoppedBefore() {
    return Optional.ofNullable(status.unrelayable()).map(UnrelayableEventException::event);
  }

  /**
   * Parks the event and lets the relay go on behind it.
   *
   * @return empty if the relay has not stopped before this event
   */
  public Optional<ParkedEvent> park(String event, String by, String reason) {
    UnrelayableEventException stopped = status.unrelayable();
    if (stopped == null || !event.equals(stopped.event())) {
      return Optional.empty();
    }
    ParkedEvent parked =
        new ParkedEvent(
            event, stopped.position(), stopped.why(), by, reason, Instant.now().toString());
    ParkedTopic.park(clients, config, parked);
    Log.warnf(
        "%s parked the event %s at %s (%s): %s",
        by, event, stopped.position(), stopped.why(), reason);
    status.goesOn();
    supervisor.wake();
    return Optional.of(parked);
  }

  /** All that are parked. */
  public Collection<ParkedEvent> all() {
    return ParkedTopic.all(clients, config).values();
  }
}
