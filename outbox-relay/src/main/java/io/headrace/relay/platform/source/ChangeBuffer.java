package io.headrace.relay.platform.source;

import io.headrace.relay.platform.record.LogChange;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.connect.errors.ConnectException;
import org.jspecify.annotations.Nullable;

/**
 * What has been read ahead of Kafka: bounded by count and by bytes, so that neither many events nor
 * large ones fill the memory while Kafka is away. One thread puts, one takes.
 */
final class ChangeBuffer {

  private final int maxChanges;
  private final long maxBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition notEmpty = lock.newCondition();
  private final Condition notFull = lock.newCondition();
  private final Queue<LogChange> changes = new ArrayDeque<>();
  private long bytes;
  private @Nullable Throwable failure;

  ChangeBuffer(int maxChanges, long maxBytes) {
    this.maxChanges = maxChanges;
    this.maxBytes = maxBytes;
  }

  /** Waits for room; a change larger than all of it finds some when nothing else is there. */
  void put(@Nullable LogChange change) throws InterruptedException {
    if (change == null) {
      return;
    }
    lock.lockInterruptibly();
    try {
      while (!changes.isEmpty()
          && (changes.size() >= maxChanges || bytes + change.bytes() > maxBytes)) {
        notFull.await();
      }
      changes.add(change);
      bytes += change.bytes();
      notEmpty.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Nothing more will come, for this reason. */
  void fail(Throwable cause) {
    lock.lock();
    try {
      failure = cause;
      notEmpty.signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whatever is there, up to {@code max} and so many bytes, but at least one; waits for the first
   * so long.
   *
   * @throws ConnectException if nothing more comes
   */
  List<LogChange> take(int max, long maxBytes, long nanos) throws InterruptedException {
    long left = nanos;
    lock.lockInterruptibly();
    try {
      while (changes.isEmpty() && failure == null && left > 0) {
        left = notEmpty.awaitNanos(left);
      }
      if (failure != null) {
        throw new ConnectException("the stream has ended", failure);
      }
      List<LogChange> taken = new ArrayList<>(Math.min(max, changes.size()));
      long room = maxBytes;
      while (taken.size() < max && !changes.isEmpty() && room > 0) {
        LogChange change = changes.remove();
        bytes -= change.bytes();
        room -= change.bytes();
        taken.add(change);
      }
      notFull.signal();
      return taken;
    } finally {
      lock.unlock();
    }
  }
}
