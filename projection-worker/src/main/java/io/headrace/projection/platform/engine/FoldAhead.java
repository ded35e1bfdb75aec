package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.Failures.FencedException;
import io.headrace.projection.platform.engine.Failures.RefusedException;
import io.headrace.projection.platform.engine.Place.Admission;
import io.headrace.projection.platform.engine.ViewTables.Loaded;
import io.quarkus.logging.Log;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A batch that was folded before its turn, while the one before it was being written: on what the
 * tables held, and what that one made of it.
 *
 * <p>No row is locked meanwhile. So it is for a generation that changes only together with the
 * place that {@link #write} is given; should anyone else have been at it, the place has moved. For
 * the same reason nobody else can have made the rows that are new, and they are copied in.
 */
final class FoldAhead<R extends Record> {

  private final ViewWorker<R> worker;
  private final List<Inbound> records;
  private final Fold<R> fold;
  private final Copy newRows;
  private final Copy newStreams;

  private FoldAhead(ViewWorker<R> worker, List<Inbound> records, Fold<R> fold) {
    this.worker = worker;
    this.records = records;
    this.fold = fold;
    this.newRows = worker.tables().inserts(fold);
    this.newStreams = worker.progress().firstVersions(fold.firstVersions());
  }

  /**
   * @param before being written, or committed by now; null if there is none
   * @return empty if it cannot be told beforehand what becomes of the batch: then it is to be taken
   *     in its turn
   */
  static <R extends Record> Optional<FoldAhead<R>> of(
      ViewWorker<R> worker, List<Inbound> records, @Nullable FoldAhead<R> before) {
    Fold<R> fold = new Fold<>(worker.view(), records);
    Map<String, Long> versions = new HashMap<>();
    Loaded<R> loaded = new Loaded<>();
    boolean[] anythingParked = {false};
    try {
      worker.inTransaction(
          connection -> {
            Pipeline reads = new Pipeline(connection);
            worker.progress().anythingParked(reads, any -> anythingParked[0] = any);
            worker.progress().versions(reads, fold.streams(), versions);
            worker.tables().read(reads, fold.keysAtMost(), loaded);
            reads.send();
            return true;
          });
      if (before != null) {
        before.fold.putOver(versions, loaded.rows());
      }
      fold.take(versions, Set.of());
      fold.fold(loaded.rows(), loaded.unreadable(), Set.of());
    } catch (SQLException | FencedException | RefusedException | RuntimeException e) {
      Log.debugf("View %s: a batch waits for its turn: %s", worker.view().name(), e.getMessage());
      return Optional.empty();
    }
    return anythingParked[0] || !fold.parked().isEmpty()
        ? Optional.empty()
        : Optional.of(new FoldAhead<>(worker, records, fold));
  }

  /**
   * Writes it, in one transaction.
   *
   * @return false if it does not hold any more, and nothing was written: the batch is to be taken
   *     in its turn. It is the same after a {@link SQLException} or a {@link RefusedException}.
   * @throws FencedException if this reader does not stand where the view stands
   */
  boolean write(Place place) throws SQLException, FencedException, RefusedException {
    long start = System.nanoTime();
    boolean holds =
        worker.inTransaction(
            connection -> {
              Admission found = place.lock(connection, records, _ -> {});
              if (!found.all() || found.anythingParked()) {
                return false;
              }
              newRows.send(connection);
              newStreams.send(connection);
              Pipeline writes = new Pipeline(connection);
              worker.tables().change(writes, fold);
              worker.progress().saveVersions(writes, fold.nextVersions());
              worker.moveOn(writes, fold, records, place, found);
              return true;
            });
    if (holds) {
      worker.committed(fold, records, place, start);
    }
    return holds;
  }
}
