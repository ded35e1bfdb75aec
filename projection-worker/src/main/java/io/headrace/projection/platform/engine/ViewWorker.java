package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.Failures.AbandonedException;
import io.headrace.projection.platform.engine.Failures.FencedException;
import io.headrace.projection.platform.engine.Failures.RefusedException;
import io.headrace.projection.platform.engine.Failures.RowAppearedException;
import io.headrace.projection.platform.engine.Lane.Parked;
import io.headrace.projection.platform.engine.Progress.Locked;
import io.headrace.projection.platform.engine.Progress.Taken;
import io.headrace.projection.platform.engine.ViewTables.Loaded;
import io.quarkus.logging.Log;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Folds records into one generation of one view, one transaction a batch.
 *
 * <p><b>Exactly once.</b> The transaction that writes rows also moves the partitions' offsets and
 * the streams' versions. It begins by locking the partitions and comparing where they stand with
 * where this reader believes them to be; the reader has read without a gap from there. If they
 * differ, someone else has taken events meanwhile, or the database was put back: nothing is
 * written, and the reader starts over from what is stored. A commit whose answer was lost is found
 * out in the same way. Within the partitions, an event that was published twice is known by its
 * stream version.
 */
final class ViewWorker<R extends Record> {

  private final CompiledView<R> view;
  private final int generation;
  private final DataSource dataSource;
  private final Progress progress;
  private final ViewTables<R> tables;
  private final Retry retry;
  private final ViewMetrics metrics;

  ViewWorker(
      CompiledView<R> view,
      int generation,
      DataSource dataSource,
      Retry retry,
      ViewMetrics metrics) {
    this.view = view;
    this.generation = generation;
    this.dataSource = dataSource;
    this.progress = new Progress(view.name(), generation);
    this.tables = new ViewTables<>(view, generation);
    this.retry = retry;
    this.metrics = metrics;
  }

  CompiledView<R> view() {
    return view;
  }

  int generation() {
    return generation;
  }

  /** Where this view reads on in each of these partitions; tries until PostgreSQL answers. */
  Map<TopicPartition, Long> positions(Map<TopicPartition, Long> ends, Retry.Owner owner)
      throws AbandonedException {
    try {
      return retry.until(
          owner,
          "reading the positions of view " + view.name(),
          () -> inTransaction(connection -> progress.positions(connection, ends)));
    } catch (FencedException | RefusedException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Takes a batch, whole, in as many transactions as it needs (one, unless PostgreSQL refuses a
   * row).
   *
   * @param records of any partitions; those of one partition without a gap from its position on
   * @param positions moved on with every commit
   * @throws FencedException if this reader does not stand where the view stands
   * @throws AbandonedException if the owner has given up
   */
  void take(List<Inbound> records, Positions positions, Retry.Owner owner)
      throws FencedException, AbandonedException {
    List<Inbound> fresh =
        records.stream()
            .filter(r -> view.topics().contains(r.source().topic()))
            .filter(r -> r.offset() >= positions.of(r.source()))
            .toList();
    if (!fresh.isEmpty()) {
      take(fresh, Mode.FOLD, null, positions, owner);
    }
  }

  private void take(
      List<Inbound> records,
      Mode mode,
      @Nullable String cause,
      Positions positions,
      Retry.Owner owner)
      throws FencedException, AbandonedException {
    try {
      retry.until(
          owner,
          "writing view " + view.name(),
          () -> {
            commit(records, mode, cause, positions);
            return true;
          });
    } catch (RefusedException e) {
      // Any split of a batch comes to the same: halve it until the culprit stands alone.
      if (records.size() > 1) {
        int middle = records.size() / 2;
        take(records.subList(0, middle), mode, cause, positions, owner);
        take(records.subList(middle, records.size()), mode, cause, positions, owner);
      } else if (mode == Mode.PARK_RECORD) {
        throw new IllegalStateException("even a parked record is refused", e);
      } else {
        take(records, mode.harsher(), Inbound.describe(e.getCause()), positions, owner);
      }
    }
  }

  private void commit(List<Inbound> records, Mode mode, @Nullable String cause, Positions positions)
      throws SQLException, FencedException, RefusedException, RowAppearedException {
    long start = System.nanoTime();
    Map<TopicPartition, Taken> taken = taken(records, positions);
    Fold<R> fold = new Fold<>(view, records);
    inTransaction(
        connection -> {
          Locked locked = progress.lock(connection, taken.keySet());
          for (Map.Entry<TopicPartition, Taken> each : taken.entrySet()) {
            long found = locked.offsets().getOrDefault(each.getKey(), -1L);
            if (found != each.getValue().from()) {
              throw new FencedException(view.name(), each.getKey(), each.getValue().from(), found);
            }
          }
          fold(connection, fold, records, mode, cause, locked.anythingParked());
          progress.park(connection, fold.newLanes(), fold.parked());
          progress.saveVersions(connection, fold.versions());
          progress.advance(connection, taken);
          return true;
        });
    taken.forEach((partition, each) -> positions.moveTo(partition, each.to()));
    metrics.committed(
        records.size(),
        fold.taken(),
        fold.duplicates(),
        fold.parked().size(),
        System.nanoTime() - start);
    fold.parked().forEach(this::report);
  }

  private void fold(
      Connection connection,
      Fold<R> fold,
      List<Inbound> records,
      Mode mode,
      @Nullable String cause,
      boolean anythingParked)
      throws SQLException, RowAppearedException {
    if (mode == Mode.PARK_RECORD) {
      records.forEach(r -> fold.parkRecord(r, cause == null ? "refused" : cause));
      return;
    }
    Set<String> streams = fold.streams();
    fold.take(
        progress.versions(connection, streams),
        anythingParked ? progress.parked(connection, Lane.Kind.STREAM, streams) : Set.of());
    Set<String> parkedKeys =
        anythingParked ? progress.parked(connection, Lane.Kind.KEY, fold.keys()) : Set.of();
    if (mode == Mode.PARK_KEYS) {
      fold.refuse(parkedKeys, cause == null ? "refused" : cause);
      return;
    }
    Loaded<R> loaded = tables.load(connection, fold.keys());
    fold.fold(loaded.rows(), loaded.unreadable(), parkedKeys);
    tables.write(connection, fold);
  }

  private static Map<TopicPartition, Taken> taken(List<Inbound> records, Positions positions) {
    Map<TopicPartition, Taken> taken = new HashMap<>();
    for (Inbound each : records) {
      Instant time = each.recorded() == null ? null : each.recorded().recordedAt();
      taken.merge(
          each.source(),
          new Taken(positions.of(each.source()), each.offset() + 1, 1, time),
          (a, b) ->
              new Taken(
                  a.from(),
                  Math.max(a.to(), b.to()),
                  a.events() + 1,
                  later(a.newest(), b.newest())));
    }
    return taken;
  }

  private static @Nullable Instant later(@Nullable Instant a, @Nullable Instant b) {
    return a == null || (b != null && b.isAfter(a)) ? b : a;
  }

  private void report(Parked parked) {
    if (parked.reason() == null) {
      return; // Only waits behind another, which was reported.
    }
    Inbound inbound = parked.inbound();
    Log.errorf(
        "View %s has parked %s at %s (%s)%s; the cause is in parked_lane",
        view.name(),
        inbound.recorded() == null ? "a record" : inbound.recorded().id(),
        inbound.address(),
        parked.reason().wire(),
        parked.lane().kind() == Lane.Kind.RECORD
            ? ""
            : ", and what follows of the %s '%s' behind it"
                .formatted(parked.lane().kind().wire(), parked.lane().id()));
  }

  private <T> T inTransaction(Work<T> work)
      throws SQLException, FencedException, RefusedException, RowAppearedException {
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      try {
        T result = work.in(connection);
        connection.commit();
        return result;
      } catch (Throwable e) {
        rollback(connection, e);
        throw e;
      }
    } catch (SQLException e) {
      if (Failures.blamesTheData(e)) {
        throw new RefusedException(e);
      }
      throw e;
    } catch (RuntimeException e) {
      // A defect in the view that the fold could not pin on one event.
      throw new RefusedException(e);
    }
  }

  private static void rollback(Connection connection, Throwable failure) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
  }

  private interface Work<T> {
    T in(Connection connection) throws SQLException, FencedException, RowAppearedException;
  }

  /** How much of a record is used; each mode asks less of it than the one before. */
  private enum Mode {
    FOLD,
    PARK_KEYS,
    PARK_RECORD;

    Mode harsher() {
      return this == FOLD ? PARK_KEYS : PARK_RECORD;
    }
  }
}
