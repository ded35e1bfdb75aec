package io.headrace.projection.platform.engine;

import io.headrace.events.platform.RecordedEvent;
import io.headrace.projection.platform.engine.Failures.AbandonedException;
import io.headrace.projection.platform.engine.Failures.FencedException;
import io.quarkus.logging.Log;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The partitions that this process holds for one generation of a view, and the work on them, one
 * batch at a time.
 *
 * <p><b>What may be folded.</b> A view's position may move over offsets only if this process has
 * read everything between. That is so for the records polled since the last {@link #assigned}: it
 * seeks to the position, and Kafka delivers from there on without a gap. Records polled before it
 * may still be queued; they carry an older epoch, and are dropped.
 *
 * <p>{@link #assigned} and {@link #revoked} are called by the polling thread, {@link #take} by a
 * thread that folds.
 */
final class Worker {

  private final ViewWorker<?> view;
  private final Positions positions = new Positions();
  private final Map<TopicPartition, Integer> held = new ConcurrentHashMap<>();
  private final ReentrantLock busy = new ReentrantLock();
  private final Clock clock;
  private final Duration handoverTimeout;
  private volatile boolean closing;
  private volatile boolean stopping;
  private volatile @Nullable Exception failure;
  private volatile @Nullable Instant oldestInWork;

  Worker(ViewWorker<?> view, Clock clock, Duration handoverTimeout) {
    this.view = view;
    this.clock = clock;
    this.handoverTimeout = handoverTimeout;
  }

  /**
   * Takes partitions over.
   *
   * @param epoch counted up with every call
   * @param ends by partition, where it ends now
   * @return where to seek to: the positions of the view; empty if this worker is stopping
   */
  Map<TopicPartition, Long> assigned(int epoch, Map<TopicPartition, Long> ends) {
    Map<TopicPartition, Long> found;
    try {
      found = view.positions(ends, owner(List.of(), epoch));
    } catch (AbandonedException e) {
      return Map.of();
    }
    positions.hold(found);
    ends.keySet().forEach(partition -> held.put(partition, epoch));
    return found;
  }

  /**
   * Gives partitions up. Waits for the batch in work, so that whoever is next finds its result and
   * not its locks; a batch that cannot be written now is abandoned.
   */
  void revoked(Collection<TopicPartition> partitions) {
    held.keySet().removeAll(partitions);
    awaitIdle();
    positions.release(partitions);
  }

  /** Finishes the batch in work and takes no other. */
  void stop() {
    closing = true;
    awaitIdle();
    stopping = true;
    awaitIdle();
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
   * Folds a batch into the view; returns when it is done, however long that takes, or when the
   * partitions are no longer held.
   *
   * @param epoch in which the batch was polled
   * @param batch those of one partition in the order of their offsets
   * @return false if this worker was not where the view stands: it has to take the partitions over
   *     anew
   */
  boolean take(int epoch, List<Inbound> batch) {
    busy.lock();
    try {
      List<Inbound> ours = batch.stream().filter(r -> holds(r.source(), epoch)).toList();
      if (ours.isEmpty() || closing) {
        return true;
      }
      oldestInWork =
          ours.stream()
              .map(Inbound::recorded)
              .filter(Objects::nonNull)
              .map(RecordedEvent::recordedAt)
              .min(Comparator.naturalOrder())
              .orElse(null);
      List<TopicPartition> partitions = ours.stream().map(Inbound::source).distinct().toList();
      boolean inPlace = takeOurs(ours, owner(partitions, epoch));
      if (!inPlace) {
        // Not to be folded further: there may be a gap behind us.
        held.keySet().removeAll(partitions);
      }
      return inPlace;
    } finally {
      oldestInWork = null;
      busy.unlock();
    }
  }

  private boolean takeOurs(List<Inbound> batch, Retry.Owner owner) {
    while (true) {
      try {
        view.take(batch, positions, owner);
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
        if (!pause(owner)) {
          return true;
        }
      }
    }
  }

  private static boolean pause(Retry.Owner owner) {
    try {
      Thread.sleep(Duration.ofSeconds(1));
      return owner.stillOwns();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private boolean holds(TopicPartition partition, int epoch) {
    Integer since = held.get(partition);
    return since != null && epoch >= since;
  }

  private Retry.Owner owner(Collection<TopicPartition> partitions, int epoch) {
    return new Retry.Owner() {
      @Override
      public boolean stillOwns() {
        return !stopping && partitions.stream().allMatch(p -> holds(p, epoch));
      }

      @Override
      public boolean mayWait() {
        return !closing && stillOwns();
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

  ViewWorker<?> view() {
    return view;
  }

  Collection<TopicPartition> held() {
    return Map.copyOf(held).keySet();
  }

  /** Up to where the view has taken a partition; null if it is not held. */
  @Nullable Long position(TopicPartition partition) {
    return held.containsKey(partition) ? positions.known(partition) : null;
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
}
