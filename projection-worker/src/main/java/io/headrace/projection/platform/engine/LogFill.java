package io.headrace.projection.platform.engine;

import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.Topics;
import io.headrace.projection.platform.engine.Failures.AbandonedException;
import io.headrace.projection.platform.engine.Failures.FencedException;
import io.headrace.projection.platform.engine.Failures.RefusedException;
import io.headrace.projection.platform.log.EventLog;
import io.headrace.projection.platform.log.LogUnavailableException;
import io.quarkus.logging.Log;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Reads the log into a generation, from a place on. One thread reads and decodes, the caller's
 * folds, a third writes what was folded; few batches wait between them, so memory is bounded
 * however long the log is.
 *
 * <p>A batch is folded on what those before it will have written. Should one of them come otherwise
 * (a failure, an event that is parked), nothing is lost but the time: it and all that were folded
 * on it are taken one after the other, as any batch is.
 */
final class LogFill<R extends Record> {

  /** Between reading and folding. */
  private static final int QUEUE = 2;

  /** Between folding and the end of writing: one that is being written, others behind it. */
  private static final int IN_WORK = 3;

  private static final int NO_PARTITION = -1;

  private final ViewWorker<R> worker;
  private final EventCatalogue catalogue;
  private final LogPlace place;
  private final int batchSize;
  private final Retry.Owner owner;
  private final AfterBatch afterBatch;

  /** In their order. */
  private final Deque<InWork<R>> inWork = new ArrayDeque<>();

  /** One was not written, so those behind it must not be either; of the thread that writes. */
  private boolean broken;

  private boolean goesOn = true;
  private volatile boolean stopped;

  interface AfterBatch {
    /**
     * @return whether to read on
     */
    boolean took(int events) throws SQLException;
  }

  LogFill(
      ViewWorker<R> worker,
      EventCatalogue catalogue,
      LogPlace place,
      int batchSize,
      Retry.Owner owner,
      AfterBatch afterBatch) {
    this.worker = worker;
    this.catalogue = catalogue;
    this.place = place;
    this.batchSize = batchSize;
    this.owner = owner;
    this.afterBatch = afterBatch;
  }

  /**
   * @param last whether the log ends behind it, or broke off (then with the failure)
   */
  private record Batch(
      List<Inbound> events,
      Map<Inbound, String> places,
      boolean last,
      @Nullable LogUnavailableException failure) {}

  /**
   * @return whether the log was read to its end
   */
  boolean run(EventLog log, Set<String> contexts)
      throws LogUnavailableException, FencedException, AbandonedException, SQLException {
    BlockingQueue<Batch> queue = new ArrayBlockingQueue<>(QUEUE);
    String from = place.place();
    Thread reader =
        Thread.ofPlatform()
            .name("log-" + worker.view().name())
            .daemon()
            .start(() -> read(log, contexts, from, queue));
    try (ExecutorService writing =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("fill-" + worker.view().name()).daemon().factory())) {
      while (goesOn) {
        Batch batch = next(queue);
        if (!batch.events.isEmpty()) {
          take(batch, writing);
        }
        if (batch.last) {
          while (!inWork.isEmpty()) {
            endFirst();
          }
          if (batch.failure != null) {
            throw batch.failure;
          }
          return true;
        }
      }
      return false;
    } finally {
      stopped = true;
      reader.interrupt();
    }
  }

  /** A batch that was folded and waits to be written, or is being written. */
  private record InWork<R extends Record>(
      Batch batch, FoldAhead<R> ahead, Future<Boolean> written) {}

  private void take(Batch batch, ExecutorService writing)
      throws FencedException, AbandonedException, SQLException {
    Optional<FoldAhead<R>> ahead =
        FoldAhead.of(worker, batch.events, inWork.stream().map(InWork::ahead).toList());
    while (!inWork.isEmpty() && (inWork.size() == IN_WORK || ahead.isEmpty()) && goesOn) {
      if (!endFirst()) {
        ahead = Optional.empty();
      }
    }
    if (!goesOn) {
      return; // What is in work is written all the same, before the thread that does it ends.
    }
    if (ahead.isEmpty()) {
      takeInTurn(batch);
    } else {
      FoldAhead<R> folded = ahead.get();
      inWork.addLast(new InWork<>(batch, folded, writing.submit(() -> write(batch, folded))));
    }
  }

  private void takeInTurn(Batch batch) throws FencedException, AbandonedException, SQLException {
    place.expect(batch.places);
    worker.take(batch.events, place, owner);
    taken(batch);
  }

  private void taken(Batch batch) throws SQLException {
    goesOn = afterBatch.took(batch.events.size());
  }

  /** On the thread that writes. */
  private boolean write(Batch batch, FoldAhead<R> folded)
      throws SQLException, FencedException, RefusedException {
    if (broken) {
      return false;
    }
    broken = true; // Also if that throws.
    place.expect(batch.places);
    broken = !folded.write(place);
    return !broken;
  }

  /**
   * Returns when the first batch in work is written.
   *
   * @return false if it has not come as it was foreseen; then all that were in work have been taken
   *     in their turns
   */
  private boolean endFirst() throws FencedException, AbandonedException, SQLException {
    InWork<R> first = inWork.removeFirst();
    if (isWritten(first)) {
      taken(first.batch);
      return true;
    }
    List<Batch> again = new ArrayList<>(List.of(first.batch));
    for (InWork<R> behind : inWork) {
      if (isWritten(behind)) {
        throw new IllegalStateException("a batch was written though the one before it was not");
      }
      again.add(behind.batch);
    }
    inWork.clear();
    broken = false;
    for (Batch batch : again) {
      if (goesOn) {
        takeInTurn(batch);
      }
    }
    return false;
  }

  private boolean isWritten(InWork<R> batch) throws FencedException, AbandonedException {
    try {
      return batch.written.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case FencedException fenced -> throw fenced;
        case SQLException failed -> Log.debugf("A batch is tried anew: %s", failed.getMessage());
        case RefusedException failed ->
            Log.debugf("A batch is tried anew: %s", failed.getMessage());
        default -> throw new IllegalStateException(e.getCause());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AbandonedException();
    }
    return false;
  }

  private Batch next(BlockingQueue<Batch> queue) throws AbandonedException {
    try {
      while (owner.stillOwns()) {
        Batch batch = queue.poll(200, TimeUnit.MILLISECONDS);
        if (batch != null) {
          return batch;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new AbandonedException();
  }

  private void read(
      EventLog log, Set<String> contexts, @Nullable String from, BlockingQueue<Batch> queue) {
    Collector collector = new Collector(queue);
    LogUnavailableException failure = null;
    try {
      log.read(
          contexts,
          from,
          (event, behind) -> {
            Inbound inbound =
                Inbound.logged(
                    event,
                    new TopicPartition(Topics.of(event.context()), NO_PARTITION),
                    NO_PARTITION,
                    catalogue);
            return collector.add(inbound, behind);
          });
    } catch (LogUnavailableException e) {
      failure = e;
    } catch (RuntimeException e) {
      failure = new LogUnavailableException("reading the log failed", e);
    }
    collector.end(failure);
  }

  private final class Collector {

    private final BlockingQueue<Batch> queue;
    private List<Inbound> events = new ArrayList<>();
    private Map<Inbound, String> places = new IdentityHashMap<>();

    Collector(BlockingQueue<Batch> queue) {
      this.queue = queue;
    }

    boolean add(Inbound event, String behind) {
      events.add(event);
      places.put(event, behind);
      return events.size() < batchSize || put(false, null);
    }

    void end(@Nullable LogUnavailableException failure) {
      put(true, failure);
    }

    private boolean put(boolean last, @Nullable LogUnavailableException failure) {
      Batch batch = new Batch(events, places, last, failure);
      events = new ArrayList<>();
      places = new IdentityHashMap<>();
      try {
        while (!stopped) {
          if (queue.offer(batch, 200, TimeUnit.MILLISECONDS)) {
            return true;
          }
        }
      } catch (InterruptedException e) {
        // Nobody wants it any more.
      }
      return false;
    }
  }
}
