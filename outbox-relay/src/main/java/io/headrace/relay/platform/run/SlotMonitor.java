package io.headrace.relay.platform.run;

import io.headrace.relay.platform.DatabaseConfig;
import io.headrace.relay.platform.RelayConfig;
import io.headrace.relay.platform.RelayRefusedException;
import io.headrace.relay.platform.source.LogDatabase;
import io.headrace.relay.platform.source.SlotState;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the slot from time to time, and writes a message into the log, which comes back through
 * the slot. It keeps the slot moving: the log is the whole cluster's, so a slot whose own table is
 * quiet would retain all that other tables and databases write. And when it has come back, views
 * can be told up to when the log has been published, also when nothing is written.
 */
@ApplicationScoped
public class SlotMonitor {

  private static final String ADMIN_SHUTDOWN = "57P01";
  private static final String CANNOT_CONNECT_NOW = "57P03";

  private final DatabaseConfig database;
  private final RelayConfig config;
  private final RelayStatus status;
  private final RelaySupervisor supervisor;
  private final Thread thread = Thread.ofVirtual().name("slot-monitor").unstarted(this::work);

  SlotMonitor(
      DatabaseConfig database, RelayConfig config, RelayStatus status, RelaySupervisor supervisor) {
    this.database = database;
    this.config = config;
    this.status = status;
    this.supervisor = supervisor;
  }

  void start(@Observes StartupEvent event) {
    thread.start();
  }

  void stop(@Observes ShutdownEvent event) {
    thread.interrupt();
  }

  private void work() {
    @Nullable LogDatabase log = null;
    long seen = System.nanoTime();
    while (!Thread.currentThread().isInterrupted()) {
      try {
        if (log == null) {
          log = LogDatabase.connect(database, config);
        }
        look(log);
        seen = System.nanoTime();
      } catch (SQLException | RelayRefusedException e) {
        // The supervisor sees the same, and says so.
        Log.debug("cannot look at the slot", e);
        status.slot(null);
        if (log != null) {
          log.close();
          log = null;
        }
        if (status.role() == Role.ACTIVE && isOver(e, System.nanoTime() - seen)) {
          supervisor.abandon("PostgreSQL does not answer: " + e.getMessage());
        }
      }
      try {
        Thread.sleep(config.checkInterval());
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
    if (log != null) {
      log.close();
    }
  }

  /**
   * Whether the stream is of no more use. A connection that was cut without a word looks alive from
   * here for a quarter of an hour, but by then PostgreSQL has given the slot free. And a server
   * that shuts down waits for its streams to end.
   */
  private boolean isOver(Exception failure, long unseen) {
    return unseen > 2 * config.silenceLimit().toNanos()
        || failure instanceof SQLException e
            && (ADMIN_SHUTDOWN.equals(e.getSQLState())
                || CANNOT_CONNECT_NOW.equals(e.getSQLState()));
  }

  private void look(LogDatabase log) throws SQLException {
    SlotState slot = log.slot().orElse(null);
    status.slot(slot);
    if (slot != null && status.role() == Role.ACTIVE) {
      log.heartbeat();
    }
  }
}
