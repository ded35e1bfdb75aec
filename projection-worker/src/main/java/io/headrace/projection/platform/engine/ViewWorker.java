package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.Failures.AbandonedException;
import io.headrace.projection.platform.engine.Failures.FencedException;
import io.headrace.projection.platform.engine.Failures.RefusedException;
import io.headrace.projection.platform.engine.Lane.Parked;
import io.headrace.projection.platform.engine.Place.Admission;
import io.headrace.projection.platform.engine.ViewTables.Loaded;
import io.quarkus.logging.Log;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import javax.sql.DataSource;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Folds records into one generation of one view, one transaction a batch.
 *
 * <p><b>Exactly once.</b> The transaction that writes rows also moves the place up to which was
 * read (partitions' offsets, or the cursor in the log) and the streams' versions. It begins by
 * locking the place and comparing where it stands with where this reader believes it to be; the
 * reader has read without a gap from there. If they differ, someone else has taken events
 * meanwhile, or the database was put back: nothing is written, and the reader starts over from what
 * is stored. A commit whose answer was lost is found out in the same way. Within the place, an
 * event that was published twice is known by its stream version.
 *
 * <p><b>Two round trips.</b> The first locks the place and reads versions and rows, the second
 * writes and commits; so long as nothing is parked and the batch is not large. Whatever a written
 * count must be is checked by the statement itself, for nothing can be taken back after the second.
 */
final class ViewWorker<R extends Record> {

  private static final long HELD_NANOS = 5_000_000;

  /**
   * Of parked lanes, where nothing was parked when the place was locked: a lane that was there
   * before was released before the versions were read, which was later.
   */
  private static final Set<String> NONE = Set.of();

  private final CompiledView<R> view;
  private final int generation;
  private final DataSource dataSource;
  private final Progress progress;
  private final ViewTables<R> tables;
  private final ChangeFeed<R> changes;
  private final Retry retry;
  private final ViewMetrics metrics;

  /** When a batch last looked. */
  private volatile boolean anythingParked;

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
    this.changes = new ChangeFeed<>(view, generation);
    this.retry = retry;
    this.metrics = metrics;
  }

  CompiledView<R> view() {
    return view;
  }

  int generation() {
    return generation;
  }

  Progress progress() {
    return progress;
  }

  ViewTables<R> tables() {
    return tables;
  }

  ChangeFeed<R> changes() {
    return changes;
  }

  Retry retry() {
    return retry;
  }

  ViewMetrics metrics() {
    return metrics;
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
    take(fresh, new PartitionPlace(view.name(), progress, positions), owner);
  }

  /** The same from another place, such as the log. */
  void take(List<Inbound> records, Place place, Retry.Owner owner)
      throws FencedException, AbandonedException {
    if (!records.isEmpty()) {
      take(records, Mode.FOLD, null, place, owner);
    }
  }

  private void take(
      List<Inbound> records, Mode mode, @Nullable String cause, Place place, Retry.Owner owner)
      throws FencedException, AbandonedException {
    List<Inbound> left = records;
    while (!left.isEmpty()) {
      List<Inbound> wanted = left;
      try {
        Admission admission =
            retry.until(
                owner, "writing view " + view.name(), () -> commit(wanted, mode, cause, place));
        if (admission.all()) {
          return;
        }
        List<Inbound> now = wanted.stream().filter(admission::admits).toList();
        left = wanted.stream().filter(r -> !admission.admits(r)).toList();
        if (now.isEmpty()) {
          pause(owner);
        } else {
          take(now, mode, cause, place, owner);
        }
      } catch (RefusedException e) {
        // Any split of a batch comes to the same: halve it until the culprit stands alone.
        if (wanted.size() > 1) {
          int middle = wanted.size() / 2;
          take(wanted.subList(0, middle), mode, cause, place, owner);
          take(wanted.subList(middle, wanted.size()), mode, cause, place, owner);
        } else if (mode == Mode.PARK_RECORD) {
          throw new IllegalStateException("even a parked record is refused", e);
        } else {
          take(wanted, mode.harsher(), Inbound.describe(e.getCause()), place, owner);
        }
        return;
      }
    }
  }

  private static void pause(Retry.Owner owner) throws AbandonedException {
    if (!owner.mayWait()) {
      throw new AbandonedException();
    }
    LockSupport.parkNanos(HELD_NANOS);
  }

  /**
   * @return what may be taken; unless it is all, nothing was
   */
  private Admission commit(List<Inbound> records, Mode mode, @Nullable String cause, Place place)
      throws SQLException, FencedException, RefusedException {
    long start = System.nanoTime();
    Fold<R> fold = new Fold<>(view, records);
    boolean rowsAtOnce = mode == Mode.FOLD && !anythingParked;
    Admission admission =
        inTransaction(
            connection -> {
              Map<String, Long> versions = new HashMap<>();
              Loaded<R> loaded = new Loaded<>();
              // One message. Each statement has a snapshot of its own, taken when it begins, and
              // so behind the lock: it sees all that those who held the place before have written.
              Admission found =
                  place.lock(
                      connection,
                      records,
                      behind -> {
                        progress.versions(behind, fold.streams(), versions);
                        if (rowsAtOnce) {
                          tables.load(behind, fold.keysAtMost(), loaded);
                        }
                      });
              if (found.all() && !(rowsAtOnce && found.anythingParked())) {
                Pipeline writes = new Pipeline(connection);
                if (rowsAtOnce) {
                  fold.take(versions, NONE);
                  fold.fold(loaded.rows(), loaded.unreadable(), NONE);
                  tables.write(writes, fold);
                } else {
                  fold(connection, fold, records, mode, cause, found, versions, writes);
                }
                if (!fold.parked().isEmpty()) {
                  writes.send();
                  progress.park(connection, fold.newLanes(), fold.parked());
                }
                progress.saveVersions(writes, fold.versions());
                moveOn(writes, fold, records, place, found);
              }
              return found;
            });
    anythingParked = admission.anythingParked();
    if (admission.all() && rowsAtOnce && admission.anythingParked()) {
      // Lanes are to be locked before rows, as a redrive does. Nothing was written.
      return commit(records, mode, cause, place);
    }
    if (admission.all()) {
      committed(fold, records, place, start);
    }
    return admission;
  }

  /** The end of the transaction: what was taken is not taken again. */
  void moveOn(Pipeline writes, Fold<R> fold, List<Inbound> records, Place place, Admission found)
      throws SQLException {
    place.advance(writes, records);
    if (found.mayBeLive()) {
      changes.tell(writes, fold, found.anythingParked());
    }
    writes.commit();
  }

  void committed(Fold<R> fold, List<Inbound> records, Place place, long start) {
    place.moved(records);
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
      Admission admission,
      Map<String, Long> versions,
      Pipeline writes)
      throws SQLException {
    if (mode == Mode.PARK_RECORD) {
      records.forEach(r -> fold.parkRecord(r, cause == null ? "refused" : cause));
      return;
    }
    if (admission.anythingParked()) {
      // Lanes before versions: who releases a lane moves its stream on in the same transaction, and
      // a lane that we find released must not be met with the version from before.
      Set<String> streams = fold.streams();
      Set<String> parkedStreams = progress.parked(connection, Lane.Kind.STREAM, streams);
      fold.take(progress.versions(connection, streams), parkedStreams);
    } else {
      fold.take(versions, NONE);
    }
    Set<String> parkedLanes =
        admission.anythingParked()
            ? progress.parked(connection, Lane.Kind.KEY, fold.lanes())
            : NONE;
    foldRows(connection, fold, parkedLanes, mode, writes);
  }

  /**
   * @param mode whether rows are written at once or one by one
   */
  void foldRows(Connection connection, Fold<R> fold, Set<String> parkedLanes, Mode mode)
      throws SQLException {
    Pipeline writes = new Pipeline(connection);
    foldRows(connection, fold, parkedLanes, mode, writes);
    writes.send();
  }

  private void foldRows(
      Connection connection, Fold<R> fold, Set<String> parkedLanes, Mode mode, Pipeline writes)
      throws SQLException {
    if (mode == Mode.ROW_BY_ROW) {
      foldRowByRow(connection, fold, parkedLanes);
      return;
    }
    Loaded<R> loaded = tables.load(connection, fold.keysBut(parkedLanes));
    fold.fold(loaded.rows(), loaded.unreadable(), parkedLanes);
    tables.write(writes, fold);
  }

  /**
   * Writes the rows that PostgreSQL takes, each by itself, and parks the others. Totals are locked
   * between rows then, out of the order of {@link ViewTables}: should that end in a deadlock, it is
   * tried again.
   */
  private void foldRowByRow(Connection connection, Fold<R> fold, Set<String> parkedLanes)
      throws SQLException {
    Loaded<R> loaded = new Loaded<>();
    Map<String, String> refused = new HashMap<>();
    for (String key : fold.keysBut(parkedLanes)) {
      Savepoint before = connection.setSavepoint();
      Pipeline pipeline = new Pipeline(connection);
      try {
        tables.load(pipeline, Set.of(key), loaded);
        pipeline.send();
        tables.write(pipeline, fold.only(key, loaded.rows(), loaded.unreadable()));
        pipeline.send();
      } catch (SQLException | RuntimeException e) {
        if (e instanceof SQLException failure && !Failures.blamesTheData(failure)) {
          throw e;
        }
        connection.rollback(before);
        refused.put(key, Inbound.describe(e));
      }
    }
    fold.fold(loaded.rows(), loaded.unreadable(), parkedLanes, refused);
  }

  void report(Parked parked) {
    if (parked.reason() == null) {
      return; // Only waits behind another, which was reported.
    }
    Inbound inbound = parked.inbound();
    Log.errorf(
        "View %s (generation %d) has parked %s at %s (%s)%s; the cause is in parked_lane",
        view.name(),
        generation,
        inbound.recorded() == null ? "a record" : inbound.recorded().id(),
        inbound.address(),
        parked.reason().wire(),
        parked.lane().kind() == Lane.Kind.RECORD
            ? ""
            : ", and what follows of the %s '%s' behind it"
                .formatted(parked.lane().kind().wire(), parked.lane().id()));
  }

  <T> T inTransaction(Work<T> work) throws SQLException, FencedException, RefusedException {
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

  interface Work<T> {
    T in(Connection connection) throws SQLException, FencedException;
  }

  /** How much of a record is used; each mode asks less of it than the one before. */
  enum Mode {
    FOLD,
    /** All rows that PostgreSQL does not refuse; the others are parked. */
    ROW_BY_ROW,
    PARK_RECORD;

    Mode harsher() {
      return this == FOLD ? ROW_BY_ROW : PARK_RECORD;
    }
  }
}
