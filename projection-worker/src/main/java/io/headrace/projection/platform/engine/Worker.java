package io.headrace.projection.platform.engine;

import io.headrace.events.platform.RecordedEvent;
import io.headrace.projection.platform.engine.Failures.AbandonedException;
import io.headrace.projection.platform.engine.Failures.FencedException;
import io.quarkus.logging.Log;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The partitions that this process holds, and the work on them: every batch goes to every view, and
 * the next one waits until all have taken it.
 *
 * <p><b>What may be folded.</b> A view's position may move over offsets only if this process has
 * read everything between. That is so for the records polled since the last {@link #assigned}: it
 * seeks to the position, and Kafka delivers from there on without a gap. Records polled before it
 * may still be queued; they carry the consumer group's older generation, and are dropped.
 *
 * <p>{@link #assigned} and {@link #revoked} are called by the polling thread, {@link #take} by a
 * worker thread, one batch at a time.
 */
final class Worker {

  private final List<ViewWorker<?>> views;
  private final Map<ViewWorker<?>, Positions> positions = new HashMap<>();
  private final Map<TopicPartition, Integer> held = new ConcurrentHashMap<>();
  private final ReentrantLock busy = new ReentrantLock();
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final Clock clock;
  private final Duration handoverTimeout;
  private volatile boolean stopping;
  private volatile @Nullable Exception failure;
  private volatile @Nullable Instant oldestInWork;
  private volatile long idleSince = System.nanoTime();

  Worker(List<ViewWorker<?>> views, Clock clock, Duration handoverTimeout) {
    this.views = views;
    this.clock = clock;
    this.handoverTimeout = handoverTimeout;
    views.forEach(view -> positions.put(view, new Positions()));
  }

  /**
   * Takes partitions over.
   *
   * @param generation of the consumer group
   * @param ends by partition, where it ends now
   * @return where to seek to: the least position of all views; empty if this worker is stopping
   */
  Map<TopicPartition, Long> assigned(int generation, Map<TopicPartition, Long> ends) {
    Map<TopicPartition, Long> seeks = new HashMap<>();
    try {
      for (ViewWorker<?> view : views) {
        Map<TopicPartition, Long> wanted = new HashMap<>(ends);
        wanted.keySet().removeIf(p -> !view.view().topics().contains(p.topic()));
        if (!wanted.isEmpty()) {
          Map<TopicPartition, Long> found = view.positions(wanted, owner(List.of(), generation));
          positionsOf(view).hold(found);
          found.forEach((partition, offset) -> seeks.merge(partition, offset, Math::min));
        }
      }
    } catch (AbandonedException e) {
      return Map.of();
    }
    ends.keySet().forEach(partition -> held.put(partition, generation));
    return seeks;
  }

  /**
   * Gives partitions up. Waits for the batch in work, so that whoever is next finds its result and
   * not its locks; a batch that cannot be written now is abandoned.
   */
  void revoked(Collection<TopicPartition> partitions) {
    held.keySet().removeAll(partitions);
    awaitIdle();
    positions.values().forEach(each -> each.release(partitions));
  }

  /** Finishes the batch in work and takes no other. */
  void stop() {
    awaitIdle();
    stopping = true;
    awaitIdle();
    executor.shutdown();
  }

  private void awaitIdle() {
    try {
      if (busy.tryLock(handoverTimeout.toMillis(), TimeUnit.MILLISECONDS)) {
        busy.unlock();
      } else {
        Log.warnf("The batch in work is not done after %s", handoverTimeout);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Folds a batch into all views; returns when all have it, however long that takes, or when the
   * partitions are no longer held.
   *
   * @param generation of the consumer group when the batch was polled
   * @param batch those of one partition in the order of their offsets
   * @return false if this worker was not where a view stands: the partitions have to be assigned
   *     anew
   */
  boolean take(int generation, List<Inbound> batch) {
    busy.lock();
    try {
      List<Inbound> ours = batch.stream().filter(r -> holds(r.source(), generation)).toList();
      if (ours.isEmpty() || stopping) {
        return true;
      }
      oldestInWork =
          ours.stream()
              .map(Inbound::recorded)
              .filter(Objects::nonNull)
              .map(RecordedEvent::recordedAt)
              .min(Comparator.naturalOrder())
              .orElse(null);
      return takeOurs(generation, ours);
    } finally {
      oldestInWork = null;
      idleSince = System.nanoTime();
      busy.unlock();
    }
  }

  private boolean takeOurs(int generation, List<Inbound> ours) {
    List<TopicPartition> partitions = ours.stream().map(Inbound::source).distinct().toList();
    Retry.Owner owner = owner(partitions, generation);
    List<Callable<Boolean>> tasks = new ArrayList<>();
    for (ViewWorker<?> view : views) {
      tasks.add(() -> takeInto(view, ours, owner));
    }
    boolean inPlace = true;
    try {
      for (Future<Boolean> each : executor.invokeAll(tasks)) {
        inPlace &= each.get();
      }
    } catch (ExecutionException e) {
      Log.error("A batch was given up", e.getCause());
      inPlace = false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      inPlace = false;
    }
    if (!inPlace) {
      // Not to be folded further: there may be a gap behind us.
      held.keySet().removeAll(partitions);
    }
    return inPlace;
  }

  private boolean takeInto(ViewWorker<?> view, List<Inbound> batch, Retry.Owner owner)
      throws InterruptedException {
    while (true) {
      try {
        view.take(batch, positionsOf(view), owner);
        return true;
      } catch (FencedException e) {
        Log.warnf("Nothing was written, and the partitions are read anew: %s", e.getMessage());
        return false;
      } catch (AbandonedException e) {
        return true;
      } catch (RuntimeException e) {
        // A defect of the engine itself. To go on would lose the batch; to die would change
        // nothing.
        failure = e;
        Log.errorf(e, "View %s cannot take a batch", view.view().name());
        Thread.sleep(Duration.ofSeconds(1));
      }
    }
  }

  private Positions positionsOf(ViewWorker<?> view) {
    return Objects.requireNonNull(positions.get(view));
  }

  private boolean holds(TopicPartition partition, int generation) {
    Integer since = held.get(partition);
    return since != null && generation >= since;
  }

  private Retry.Owner owner(Collection<TopicPartition> partitions, int generation) {
    return new Retry.Owner() {
      @Override
      public boolean stillOwns() {
        return !stopping && partitions.stream().allMatch(p -> holds(p, generation));
      }

      @Override
      public void failed(Exception cause) {
        failure = cause;
      }

      @Override
      public void succeeded() {
        failure = null;
      }
    };
  }

  List<ViewWorker<?>> views() {
    return views;
  }

  boolean isStopping() {
    return stopping;
  }

  Collection<TopicPartition> held() {
    return held.keySet();
  }

  /** Why the last try failed; null while all is well. */
  @Nullable Exception failure() {
    return failure;
  }

  /** How long ago the oldest event in work was recorded; zero when nothing is in work. */
  Duration lag() {
    Instant oldest = oldestInWork;
    return oldest == null ? Duration.ZERO : Duration.between(oldest, clock.instant());
  }

  /** Whether there has been nothing to do for at least so long. */
  boolean idleFor(Duration duration) {
    return !busy.isLocked() && System.nanoTime() - idleSince >= duration.toNanos();
  }
}
