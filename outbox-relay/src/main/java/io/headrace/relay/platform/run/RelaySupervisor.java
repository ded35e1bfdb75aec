package io.headrace.relay.platform.run;

import io.headrace.relay.platform.DatabaseConfig;
import io.headrace.relay.platform.RelayConfig;
import io.headrace.relay.platform.RelayRefusedException;
import io.headrace.relay.platform.kafka.KafkaClients;
import io.headrace.relay.platform.kafka.KafkaSession;
import io.headrace.relay.platform.position.Position;
import io.headrace.relay.platform.position.PositionLostException;
import io.headrace.relay.platform.position.StoredPosition;
import io.headrace.relay.platform.record.UnrelayableEventException;
import io.headrace.relay.platform.source.LogDatabase;
import io.headrace.relay.platform.source.LogStream;
import io.headrace.relay.platform.source.SlotState;
import io.headrace.relay.platform.source.StreamFailedException;
import io.quarkus.logging.Log;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the relay at work, unattended: waits until the slot is there and free, takes over, streams,
 * and begins anew after every failure, from the position that Kafka holds. One thread, so that
 * never two streams run in one process.
 */
@ApplicationScoped
public class RelaySupervisor {

  private static final String OBJECT_IN_USE = "55006";
  private static final Duration SHUTDOWN = Duration.ofSeconds(10);

  private final DatabaseConfig database;
  private final RelayConfig config;
  private final KafkaClients clients;
  private final RelayStatus status;
  private final RelayMetrics metrics;
  private final Backoff backoff;
  private final Thread thread = Thread.ofPlatform().name("relay").unstarted(this::work);
  private final AtomicReference<@Nullable LogStream> stream = new AtomicReference<>();
  private volatile boolean stopping;

  RelaySupervisor(
      DatabaseConfig database,
      RelayConfig config,
      KafkaClients clients,
      RelayStatus status,
      RelayMetrics metrics) {
    this.database = database;
    this.config = config;
    this.clients = clients;
    this.status = status;
    this.metrics = metrics;
    this.backoff = new Backoff(config.backoffMin(), config.backoffMax());
  }

  void start(@Observes StartupEvent event) {
    thread.setContextClassLoader(RelaySupervisor.class.getClassLoader());
    thread.start();
  }

  /** Lets the transaction under way come to its end. */
  void stop(@Observes ShutdownEvent event) throws InterruptedException {
    stopping = true;
    long deadline = System.nanoTime() + SHUTDOWN.toNanos();
    while (thread.isAlive() && System.nanoTime() < deadline) {
      LogStream running = stream.get();
      if (running == null) {
        thread.interrupt();
      } else {
        running.stop();
      }
      thread.join(Duration.ofMillis(200));
    }
    status.enter(Role.STOPPED, null);
  }

  boolean alive() {
    return stopping || thread.isAlive();
  }

  private void work() {
    while (!stopping) {
      try {
        pause(turn());
      } catch (InterruptedException _) {
        // Only stop() interrupts this thread.
      } catch (RuntimeException e) {
        Log.error("a defect in the supervisor", e);
      }
    }
  }

  /** One attempt to do the relay's work; returns how long to wait before the next. */
  private Duration turn() throws InterruptedException {
    try {
      takeOverAndStream();
      return Duration.ZERO;
    } catch (RelayRefusedException | PositionLostException | UnrelayableEventException e) {
      return refuse(e);
    } catch (StreamFailedException e) {
      return failed(e.getCause());
    } catch (SQLException | RuntimeException e) {
      return failed(e);
    }
  }

  private void takeOverAndStream()
      throws SQLException, StreamFailedException, InterruptedException {
    try (LogDatabase log = LogDatabase.connect(database, config)) {
      awaitTurn(log);
      try (KafkaSession session = KafkaSession.open(clients, config)) {
        stream(session, position(session, log), log);
      }
    }
  }

  /** Returns when the slot is there, nobody streams from it, and nobody else is about to. */
  private void awaitTurn(LogDatabase log) throws SQLException, InterruptedException {
    while (true) {
      Optional<String> missing = log.missing();
      if (missing.isPresent()) {
        enter(Role.WAITING, missing.get() + "; the command service's migrations create it");
        pause(Duration.ofSeconds(1));
        continue;
      }
      while (true) {
        Optional<SlotState> slot = log.slot();
        if (slot.isEmpty()) {
          break;
        }
        if (slot.get().lost() != null) {
          throw new RelayRefusedException(
              slot.get().lost()
                  + "; events may be missing in Kafka: compare them with the event log, then recreate the slot");
        }
        if (!slot.get().active() && log.claim()) {
          return;
        }
        enter(Role.STANDBY, null);
        pause(config.standbyInterval());
      }
    }
  }

  /** Where to go on; asked for when no other relay can publish any more. */
  private StoredPosition position(KafkaSession session, LogDatabase log) throws SQLException {
    String system = log.system();
    SlotState slot =
        log.slot().orElseThrow(() -> new RelayRefusedException("the slot has just been dropped"));
    Optional<StoredPosition> stored = session.position();
    if (stored.isEmpty()) {
      // The slot exists since before the first event, and has not been read from.
      StoredPosition first = new StoredPosition(system, Position.at(slot.confirmedLsn()));
      session.publish(List.of(), first);
      Log.infof("first start: from the slot's own position %s", first.position());
      return first;
    }
    StoredPosition from = stored.get();
    if (!from.system().equals(system)) {
      throw new PositionLostException(
          "the position in Kafka (%s) belongs to the PostgreSQL cluster %s, but the database to %s"
              .formatted(from.position(), from.system(), system));
    }
    if (Long.compareUnsigned(from.position().lsn(), slot.confirmedLsn()) < 0) {
      throw new PositionLostException(
          "Kafka holds the log up to %s, but the slot %s begins at %s: it was created anew or moved, and what lies between would be missing in Kafka"
              .formatted(from.position(), config.slot(), Position.lsn(slot.confirmedLsn())));
    }
    if (Long.compareUnsigned(from.position().lsn(), slot.currentLsn()) > 0) {
      throw new PositionLostException(
          "Kafka holds the log up to %s, but the database's ends at %s: it is older than what was published, such as a restored backup"
              .formatted(from.position(), Position.lsn(slot.currentLsn())));
    }
    return from;
  }

  private void stream(KafkaSession session, StoredPosition from, LogDatabase log)
      throws StreamFailedException, InterruptedException {
    long start = System.nanoTime();
    LogStream running =
        new LogStream(
            database, config, from.position().lsn(), new Publisher(session, from, metrics));
    stream.set(running);
    Thread announcer = Thread.ofVirtual().start(() -> announce(running, from, log));
    try {
      if (!stopping) {
        running.run();
      }
    } finally {
      stream.set(null);
      announcer.interrupt();
      announcer.join();
      if (System.nanoTime() - start > config.backoffMax().toNanos()) {
        backoff.reset();
      }
    }
  }

  /** The relay is active when PostgreSQL says that the slot is; then the claim has served. */
  private void announce(LogStream running, StoredPosition from, LogDatabase log) {
    try {
      while (log.slot().filter(SlotState::active).isEmpty()) {
        Thread.sleep(Duration.ofMillis(20));
      }
      log.close();
      enter(Role.ACTIVE, null);
      Log.infof("streaming from %s", from.position());
    } catch (SQLException | RelayRefusedException e) {
      Log.warnf("cannot see whether the slot is active: %s", e.getMessage());
      running.stop();
    } catch (InterruptedException _) {
      // The stream has ended before it was active.
    }
  }

  private Duration failed(Throwable failure) throws InterruptedException {
    if (stopping) {
      return Duration.ZERO;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case UnrelayableEventException e -> {
          return refuse(e);
        }
        case PositionLostException e -> {
          return refuse(e);
        }
        case ProducerFencedException _, InvalidProducerEpochException _ -> {
          Log.info("another relay has taken over");
          enter(Role.STANDBY, null);
          return config.standbyInterval();
        }
        case SQLException e when OBJECT_IN_USE.equals(e.getSQLState()) -> {
          enter(Role.STANDBY, null);
          return config.standbyInterval();
        }
        default -> {}
      }
    }
    metrics.failed();
    Duration pause = backoff.next();
    String reason = reason(failure);
    status.enter(Role.STARTING, reason);
    Log.warnf("the relay has to start again in %d ms: %s", pause.toMillis(), reason);
    Log.debug("the failure", failure);
    return pause;
  }

  private Duration refuse(RuntimeException refusal) {
    metrics.failed();
    if (!String.valueOf(refusal.getMessage()).equals(status.state().reason())) {
      Log.errorf("the relay does not go on: %s", refusal.getMessage());
    }
    status.enter(Role.REFUSED, refusal.getMessage());
    if (refusal instanceof RelayRefusedException refused
        && refused.misconfigured()
        && !status.everWorked()) {
      stopping = true;
      Quarkus.asyncExit(1);
    }
    return backoff.longest();
  }

  /** The messages on the way down to the root, each once. */
  private static String reason(Throwable failure) {
    StringBuilder reason = new StringBuilder();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message =
          cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
      if (reason.indexOf(message) < 0) {
        reason.append(reason.isEmpty() ? "" : ": ").append(message);
      }
    }
    return reason.toString();
  }

  private void enter(Role role, @Nullable String reason) {
    RelayStatus.State before = status.state();
    status.enter(role, reason);
    if (before.role() != role) {
      Log.infof("role: %s%s", role, reason == null ? "" : " (" + reason + ")");
    }
  }

  private void pause(Duration pause) throws InterruptedException {
    if (stopping) {
      throw new InterruptedException();
    }
    Thread.sleep(pause);
  }
}
