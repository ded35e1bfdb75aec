package io.headrace.projection.platform.engine;

import io.headrace.events.platform.EventCatalogue;
import io.headrace.projection.platform.engine.Failures.AbandonedException;
import io.headrace.projection.platform.engine.Failures.FencedException;
import io.headrace.projection.platform.engine.RebuildState.Phase;
import io.headrace.projection.platform.engine.Rebuilds.NotNowException;
import io.headrace.projection.platform.log.EventLog;
import io.headrace.projection.platform.log.LogUnavailableException;
import io.quarkus.logging.Log;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;

/**
 * Carries a rebuild of one view out, step by step. What it has reached stands in the database after
 * each, so another worker can go on with it at any time; {@link RebuildTurn} sees to it that one
 * does.
 *
 * <p><b>Why nothing is missing.</b> Where the topics end is noted first, then the log is read, then
 * the topics from there. An event is either behind the noted end of its partition: then it is read
 * from the topic. Or it was published before: then it was committed to the log before that, and any
 * snapshot that the log is read in has it. Those that come twice are known by their versions.
 */
final class RebuildRun {

  /** So few events are caught up with in no time. */
  private static final long NEAR = 1_000;

  private static final Duration AGAIN = Duration.ofMillis(200);

  /** The live generation is held up for a moment by each try; in between it has time to recover. */
  private static final Duration BETWEEN_HOLDS = Duration.ofSeconds(1);

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  private final CompiledView<?> view;
  private final RebuildState begun;
  private final DataSource dataSource;
  private final Transactions transactions;
  private final Rebuilds rebuilds;
  private final RebuildNotes notes;
  private final LogReading reading;
  private final Verification verification;
  private final ProjectionConfig.Rebuild config;
  private final Clock clock;
  private final BooleanSupplier stopping;

  RebuildRun(
      ViewWorker<?> worker,
      RebuildState begun,
      DataSource dataSource,
      Rebuilds rebuilds,
      EventLog log,
      EventCatalogue catalogue,
      ProjectionConfig.Rebuild config,
      Clock clock,
      BooleanSupplier stopping) {
    this.view = worker.view();
    this.begun = begun;
    this.dataSource = dataSource;
    this.transactions = new Transactions(dataSource);
    this.rebuilds = rebuilds;
    this.notes = new RebuildNotes(transactions, begun);
    this.reading = new LogReading(worker, transactions, notes, log, catalogue, config.batchSize());
    this.verification = new Verification(view, begun.generation(), dataSource, transactions, clock);
    this.config = config;
    this.clock = clock;
    this.stopping = stopping;
  }

  /** Until the rebuild is finished, or this worker stops, or another one is at it. */
  void run() {
    try {
      Optional<RebuildTurn> mine = RebuildTurn.take(dataSource, begun.view(), stopping);
      if (mine.isPresent()) {
        try (RebuildTurn turn = mine.get()) {
          carryOut(turn);
        }
        rebuilds.tellChanged(); // Another rebuild of this view may have waited for its turn.
      }
    } catch (SQLException e) {
      Log.warnf("The rebuild of view %s is interrupted: %s", begun.view(), e.getMessage());
    }
  }

  private void carryOut(RebuildTurn turn) throws SQLException {
    int failures = 0;
    while (turn.goesOn()) {
      Optional<RebuildState> state = notes.read();
      if (state.isEmpty()) {
        return;
      }
      try {
        if (state.get().paused() && state.get().phase() != Phase.DIFFERENT) {
          pause(turn, AGAIN);
        } else {
          step(turn, state.get());
        }
        if (state.get().failure() != null) {
          notes.failure(null);
        }
        failures = 0;
      } catch (LogUnavailableException | FencedException | NotNowException | SQLException e) {
        if (!turn.goesOn()) { // Fails if PostgreSQL was away: then whoever comes next tries again.
          return;
        }
        failures++;
        notes.failure(e.getMessage());
        Duration pause = pause(failures);
        Log.warnf(
            "The rebuild of view %s does not get on, again in %d ms: %s",
            begun.view(), pause.toMillis(), e.getMessage());
        pause(turn, pause);
      } catch (AbandonedException e) {
        return;
      }
    }
  }

  /** Returns early if what is to be done has changed, in this process. */
  private void pause(RebuildTurn turn, Duration duration) {
    int before = rebuilds.changes();
    turn.pause(duration, () -> rebuilds.changes() != before);
  }

  private static Duration pause(int failures) {
    long millis = AGAIN.toMillis() << Math.min(failures, 10);
    return Duration.ofMillis(Math.min(millis, LONGEST_PAUSE.toMillis()));
  }

  private void step(RebuildTurn turn, RebuildState state)
      throws SQLException,
          LogUnavailableException,
          FencedException,
          NotNowException,
          AbandonedException {
    switch (state.phase()) {
      case LOG -> {
        reading.run(state, turn);
        rebuilds.tellChanged();
      }
      case TOPIC -> catchUp(turn);
      case COMPARING -> compare(turn, state);
      case DIFFERENT -> {
        if (state.accepted()) {
          swap(turn);
        } else {
          pause(turn, AGAIN);
        }
      }
      case SWAPPED, ABANDONED -> pause(turn, AGAIN);
    }
  }

  /** Other threads do the work; here it is only awaited. */
  private void catchUp(RebuildTurn turn) throws SQLException {
    long behind =
        transactions.run(
            connection ->
                Generations.behind(
                    Generations.offsets(connection, verification.built(connection)),
                    Generations.offsets(
                        connection, Generations.requireLive(connection, begun.view()))));
    if (behind <= NEAR) {
      notes.phase(Phase.COMPARING);
    } else {
      pause(turn, AGAIN);
    }
  }

  private void compare(RebuildTurn turn, RebuildState state) throws SQLException, NotNowException {
    // One position comes in time while there are workers for both. For the generation of a former
    // version there may be none any more.
    int liveVersion =
        transactions.run(connection -> Generations.requireLive(connection, begun.view()).version());
    boolean patient =
        liveVersion == state.version()
            || clock.instant().isBefore(state.phaseSince().plus(config.positionTimeout()));
    Comparison comparison = verification.make(patient);
    if (comparison == null || (!comparison.samePosition() && patient)) {
      pause(turn, BETWEEN_HOLDS);
      return;
    }
    notes.comparison(comparison);
    boolean accepted =
        state.accepted() || ("new version".equals(state.cause()) && config.acceptNewVersions());
    tell(comparison, accepted);
    if (comparison.equal() || accepted) {
      swap(turn);
    } else {
      notes.phase(Phase.DIFFERENT);
    }
  }

  private void tell(Comparison comparison, boolean accepted) {
    if (comparison.equal()) {
      Log.infof("View %s: generation %d equals the live one", begun.view(), begun.generation());
    } else {
      Log.warnf(
          "View %s: generation %d differs from the live one in %d rows%s%s",
          begun.view(),
          begun.generation(),
          comparison.differing(),
          comparison.samePosition() ? "" : " (they are not at one position)",
          accepted ? "; accepted" : "; it waits to be accepted or abandoned");
    }
  }

  /**
   * Tries until it is done: both take the same events from here on, so what was found of them holds
   * however long readers are in the way, and the live one is not held up to compare them again.
   */
  private void swap(RebuildTurn turn) throws SQLException, NotNowException {
    while (!rebuilds.swap(
        view,
        begun.generation(),
        (connection, live) ->
            Rebuilds.caughtUp(connection, verification.built(connection), live))) {
      pause(turn, AGAIN);
      if (!turn.goesOn() || notes.read().filter(state -> !state.paused()).isEmpty()) {
        return;
      }
    }
    Log.infof(
        "View %s: generation %d is live; the former one is kept for %s",
        begun.view(), begun.generation(), config.keep());
  }
}
