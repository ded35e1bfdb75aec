package io.headrace.relay.platform.run;

import io.headrace.relay.platform.DatabaseConfig;
import io.headrace.relay.platform.RelayConfig;
import io.headrace.relay.platform.RelayRefusedException;
import io.headrace.relay.platform.kafka.KafkaClients;
import io.headrace.relay.platform.kafka.KafkaSession;
import io.headrace.relay.platform.position.PositionLostException;
import io.headrace.relay.platform.position.StoredPosition;
import io.headrace.relay.platform.record.UnrelayableEventException;
import io.headrace.relay.platform.refill.Refill;
import io.headrace.relay.platform.refill.RefillProgress;
import io.headrace.relay.platform.source.LogDatabase;
import io.headrace.relay.platform.source.LogStream;
import io.headrace.relay.platform.source.SlotCreation;
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
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the relay at work, unattended: waits until the slot is there and free, takes over, streams,
 * and begins anew after every failure, from the position that Kafka holds. One thread, so that
 * never two streams run in one process, nor a stream and a refill.
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
  private final Circuits circuits;
  private final StartPosition start;
  private final Backoff backoff;
  private final Thread thread = Thread.ofPlatform().name("relay").unstarted(this::work);
  private final AtomicReference<@Nullable LogStream> stream = new AtomicReference<>();
  private final AtomicBoolean refill = new AtomicBoolean();

  /** Ends a pause before its time. */
  private final Semaphore wake = new Semaphore(0);

  private volatile boolean stopping;

  RelaySupervisor(
      DatabaseConfig database,
      RelayConfig config,
      KafkaClients clients,
      RelayStatus status,
      RelayMetrics metrics,
      Circuits circuits) {
    this.database = database;
    this.config = config;
    this.clients = clients;
    this.status = status;
    this.metrics = metrics;
    this.circuits = circuits;
    this.start = new StartPosition(config, clients);
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

  /** Tries again at once, should the supervisor be in a pause. */
  void wake() {
    wake.release();
  }

  /**
   * Has Kafka made complete from the event log.
   *
   * @return false if that is not called for: the relay goes on by itself, or a refill is under way
   */
  public boolean requestRefill() {
    boolean waits =
        switch (status.state().role()) {
          case REFUSED, WAITING -> true;
          case STARTING, STANDBY, ACTIVE, REFILLING, STOPPED -> false;
        };
    if (!waits || !status.refill().state().ended() || stopping) {
      return false;
    }
    status.refill(RefillProgress.requested());
    refill.set(true);
    wake();
    return true;
  }

  /** The stream under way is of no use any more. */
  void abandon(String reason) {
    LogStream running = stream.get();
    if (running != null) {
      running.abandon(reason);
    }
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
      if (refill.getAndSet(false)) {
        enter(Role.REFILLING, "Kafka is being made complete from the event log");
        new Refill(database, config, clients, status::refill).run();
        Log.infof("refill: %s", status.refill().message());
        return Duration.ZERO;
      }
      takeOverAndStream();
      return Duration.ZERO;
    } catch (StreamFailedException e) {
      return failed(e.getCause());
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      return failed(e);
    }
  }

  private void takeOverAndStream() throws Exception {
    try (LogDatabase log =
        circuits.call(
            Circuits.DATABASE, LogDatabase.class, () -> LogDatabase.connect(database, config))) {
      if (!awaitTurn(log)) {
        return;
      }
      try (KafkaSession session =
          circuits.call(
              Circuits.KAFKA, KafkaSession.class, () -> KafkaSession.open(clients, config))) {
        StoredPosition from = start.of(session, log);
        carryOver(log);
        stream(session, from, log);
      }
    }
  }

  /**
   * Returns when the slot is there, nobody streams from it, and nobody else is about to; or false
   * when something else is to be done first.
   */
  private boolean awaitTurn(LogDatabase log) throws SQLException, InterruptedException {
    log.requireReplication();
    long since = System.nanoTime();
    while (!refill.get()) {
      Optional<SlotState> slot = log.slot();
      if (slot.isEmpty()) {
        awaitMigrations(log, since);
        continue;
      }
      if (slot.get().lost() != null) {
        throw new RelayRefusedException(slot.get().lost() + StartPosition.REMEDY);
      }
      if (!slot.get().active() && log.claim()) {
        requirePublication(log);
        return true;
      }
      enter(Role.STANDBY, null);
      pause(config.standbyInterval());
    }
    return false;
  }

  private void awaitMigrations(LogDatabase log, long since)
      throws SQLException, InterruptedException {
    String missing =
        log.published()
            ? "the replication slot %s does not exist".formatted(config.slot())
            : "the publication %s does not exist".formatted(config.publication());
    start.requireFirst();
    String reason = missing + "; the command service's migrations create it";
    if (System.nanoTime() - since > config.migrationPatience().toNanos()) {
      throw RelayRefusedException.misconfigured(reason);
    }
    enter(Role.WAITING, reason);
    pause(Duration.ofSeconds(1));
  }

  private void requirePublication(LogDatabase log) throws SQLException {
    if (!log.published()) {
      throw RelayRefusedException.misconfigured(
          "the publication %s does not exist, but the slot %s does: the command service's migrations create it, and before the slot"
              .formatted(config.publication(), config.slot()));
    }
  }

  /** A slot from before the relay asked for that, or from the migrations, which do not. */
  private void carryOver(LogDatabase log) throws SQLException {
    if (config.failoverSlot()
        && log.slot().filter(slot -> !slot.failover()).isPresent()
        && SlotCreation.carryOver(database, config)) {
      Log.infof("the slot %s is carried over to standbys of the server", config.slot());
    }
    if (!log.limitsRetention()) {
      Log.warn(
          "PostgreSQL runs without max_slot_wal_keep_size: should no relay run for long, its disk fills up");
    }
  }

  private void stream(KafkaSession session, StoredPosition from, LogDatabase log)
      throws StreamFailedException, InterruptedException {
    long begin = System.nanoTime();
    LogStream running =
        new LogStream(
            database,
            config,
            from.position().lsn(),
            new Publisher(session, from, metrics, status, circuits));
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
      if (System.nanoTime() - begin > config.backoffMax().toNanos()) {
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
      declineRefill();
      Log.infof("streaming from %s", from.position());
    } catch (SQLException | RelayRefusedException e) {
      Log.warnf("cannot see whether the slot is active: %s", e.getMessage());
      running.stop();
    } catch (InterruptedException _) {
      // The stream has ended before it was active.
    }
  }

  /** It was asked for just when the relay found by itself that it could go on. */
  private void declineRefill() {
    if (refill.getAndSet(false)) {
      status.refill(
          RefillProgress.requested().failed("the relay goes on by itself: nothing needs a refill"));
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
        case RelayRefusedException e -> {
          return refuse(e);
        }
        case AuthenticationException e -> {
          return refuse(
              RelayRefusedException.misconfigured(
                  "Kafka does not let the relay in: " + e.getMessage()));
        }
        case ProducerFencedException _, InvalidProducerEpochException _ -> {
          Log.info("another relay has taken over");
          enter(Role.STANDBY, null);
          return config.standbyInterval();
        }
        case AuthorizationException _ -> {
          return refuse(
              RelayRefusedException.misconfigured(
                  "Kafka does not let the relay do its work: " + reason(failure)));
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
    String reason =
        failure instanceof CircuitBreakerOpenException
            ? String.valueOf(status.lastError())
            : reason(failure);
    status.enter(Role.STARTING, reason);
    Log.warnf("the relay has to start again in %d ms: %s", pause.toMillis(), reason);
    Log.debug("the failure", failure);
    return pause;
  }

  /** Whether this is an answer, and no sign that Kafka or PostgreSQL fails. */
  static boolean isDecision(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnrelayableEventException
          || cause instanceof PositionLostException
          || cause instanceof RelayRefusedException
          || cause instanceof ProducerFencedException
          || cause instanceof AuthenticationException
          || cause instanceof AuthorizationException
          || cause instanceof InvalidProducerEpochException
          || cause instanceof InterruptedException
          || cause instanceof org.apache.kafka.common.errors.InterruptException) {
        return true;
      }
    }
    return !(failure instanceof SQLException || failure instanceof KafkaException);
  }

  private Duration refuse(RuntimeException refusal) {
    metrics.failed();
    if (!String.valueOf(refusal.getMessage()).equals(status.state().reason())) {
      Log.errorf("the relay does not go on: %s", refusal.getMessage());
    }
    status.refuse(refusal);
    if (refusal instanceof RelayRefusedException refused
        && refused.misconfigured()
        && !status.everActive()) {
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
    if (wake.tryAcquire(pause.toNanos(), TimeUnit.NANOSECONDS)) {
      wake.drainPermits();
    }
  }
}
