package io.headrace.command.platform.dispatch;

import io.quarkus.logging.Log;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs tasks one at a time and in their order, on the event loop of whoever comes when none is at
 * work; what comes meanwhile is done by the one at work. So a lone command is decided, appended and
 * answered on the loop that has read it, and crosses no thread.
 *
 * <p>What the tasks share needs no lock: {@link #left} orders each after the one before.
 */
final class Turns {

  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicInteger left = new AtomicInteger();

  /** For callers that are on no event loop. */
  private final ContextInternal other;

  Turns(VertxInternal vertx) {
    this.other = vertx.createEventLoopContext();
  }

  /** Returns at once. */
  void execute(Runnable task) {
    tasks.add(task);
    if (left.getAndIncrement() > 0) {
      return;
    }
    ContextInternal current = ContextInternal.current();
    ContextInternal loop =
        current != null && current.isEventLoopContext()
            // What a request keeps in its context is no business of the lane.
            ? current.unwrap()
            : other;
    // After whatever else the loop has read in this pass: it may hold more commands.
    loop.runOnContext(x -> work());
  }

  private void work() {
    do {
      try {
        tasks.remove().run();
      } catch (RuntimeException | Error e) {
        // Whatever it was, the next must have its turn, or the lane would stand still for ever.
        Log.error("a task of the command lane failed", e);
      }
    } while (left.decrementAndGet() > 0);
  }
}
