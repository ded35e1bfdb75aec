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
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
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
 * folds, a third has the last batch written meanwhile; at most two batches wait between the first
 * two, so memory is bounded however long the log is.
 *
 * <p>A batch is folded on what the one before it will have written. Should that come otherwise (a
 * failure, an event that is parked), nothing is lost but the time: both are taken one after the
 * other, as any batch is.
 */
final class LogFill<R extends Record> {

  private static final int QUEUE = 2;
  private static final int NO_PARTITION = -1;

  private final ViewWorker<R> worker;
  private final EventCatalogue catalogue;
  private final LogPlace place;
  private final int batchSize;
  private final Retry.Owner owner;
  private final AfterBatch afterBatch;
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
      InWork<R> before = null;
      while (true) {
        Batch batch = next(queue);
        FoldAhead<R> foreseen = foresee(batch, before);
        if (before != null) {
          if (!end(before)) {
            foreseen = null;
          }
          if (!afterBatch.took(before.batch.events.size())) {
            return false;
          }
        }
        before = batch.events.isEmpty() ? null : begin(batch, foreseen, writing);
        if (batch.last && before != null) {
          end(before);
          afterBatch.took(batch.events.size());
        }
        if (batch.failure != null) {
          throw batch.failure;
        }
        if (batch.last) {
          return true;
        }
      }
    } finally {
      stopped = true;
      reader.interrupt();
    }
  }

  /**
   * A batch that is being written.
   *
   * @param ahead what it comes to; null, as {@code written}, if it has been taken in its turn
   */
  private record InWork<R extends Record>(
      Batch batch, @Nullable FoldAhead<R> ahead, @Nullable Future<Boolean> written) {}

  private @Nullable FoldAhead<R> foresee(Batch batch, @Nullable InWork<R> before) {
    return batch.events.isEmpty()
        ? null
        : FoldAhead.of(worker, batch.events, before == null ? null : before.ahead).orElse(null);
  }

  private InWork<R> begin(Batch batch, @Nullable FoldAhead<R> ahead, ExecutorService writing)
      throws FencedException, AbandonedException {
    place.expect(batch.places);
    if (ahead == null) {
      worker.take(batch.events, place, owner);
      return new InWork<>(batch, null, null);
    }
    return new InWork<>(batch, ahead, writing.submit(() -> ahead.write(place)));
  }

  /**
   * Returns when the batch is written.
   *
   * @return whether it has come as it was foreseen
   */
  private boolean end(InWork<R> batch) throws FencedException, AbandonedException {
    try {
      if (batch.written == null || batch.written.get()) {
        return true;
      }
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
    worker.take(batch.batch.events, place, owner);
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
