package io.headrace.projection.platform.engine;

import io.headrace.events.platform.EventCatalogue;
import io.headrace.projection.platform.engine.Failures.AbandonedException;
import io.headrace.projection.platform.engine.Failures.FencedException;
import io.headrace.projection.platform.log.EventLog;
import io.headrace.projection.platform.log.LogUnavailableException;
import io.quarkus.logging.Log;
import java.sql.SQLException;
import java.time.Duration;

/** The first part of a rebuild: fills the new generation from the event log. */
final class LogReading {

  private final ViewWorker<?> worker;
  private final Transactions transactions;
  private final RebuildNotes notes;
  private final EventLog log;
  private final EventCatalogue catalogue;
  private final int batchSize;

  LogReading(
      ViewWorker<?> worker,
      Transactions transactions,
      RebuildNotes notes,
      EventLog log,
      EventCatalogue catalogue,
      int batchSize) {
    this.worker = worker;
    this.transactions = transactions;
    this.notes = notes;
    this.log = log;
    this.catalogue = catalogue;
    this.batchSize = batchSize;
  }

  /** Reads on, to the end of the log, or until the operator wants something else. */
  void run(RebuildState state, RebuildTurn turn)
      throws SQLException, LogUnavailableException, FencedException, AbandonedException {
    LogPlace place =
        new LogPlace(state.view(), state.generation(), worker.progress(), notes.place());
    Log.infof(
        "View %s, generation %d: reading the event log from %s",
        state.view(), state.generation(), place.place() == null ? "its beginning" : place.place());
    RebuildRate rate = new RebuildRate(notes, state);
    LogFill<?> fill =
        new LogFill<>(
            worker,
            catalogue,
            place,
            batchSize(state),
            turn::lasts,
            events -> afterBatch(rate, events, turn));
    if (fill.run(log, worker.view().contexts())) {
      Log.infof("View %s, generation %d: the event log is read", state.view(), state.generation());
      follow(state);
    }
  }

  private int batchSize(RebuildState state) {
    Integer limit = state.eventsPerSecond();
    // So that what is slow is slow evenly.
    return limit == null ? batchSize : Math.clamp(limit / 4, 1, batchSize);
  }

  /**
   * @return whether to read on
   */
  private static boolean afterBatch(RebuildRate rate, int events, RebuildTurn turn)
      throws SQLException {
    rate.took(events);
    if (!turn.goesOn()) {
      return false;
    }
    Duration ahead = rate.ahead();
    if (ahead.isPositive()) {
      turn.pause(ahead);
    }
    return rate.goesOn();
  }

  /** From now on the topics; and readers may come, so the indexes are made. */
  private void follow(RebuildState state) throws SQLException {
    transactions.run(
        connection -> {
          Generations.index(connection, worker.view(), state.generation());
          notes.logIsRead(connection);
          return true;
        });
  }
}
