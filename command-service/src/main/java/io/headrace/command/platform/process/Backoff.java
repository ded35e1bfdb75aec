package io.headrace.command.platform.process;

import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** The waits between two attempts: exponential, with jitter, without an end but the service's. */
@ApplicationScoped
class Backoff {

  /** The service stops; what was not finished is done again after the next start. */
  static final class StoppingException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    StoppingException() {
      super("the service is stopping");
    }
  }

  private static final long QUIET = Duration.ofSeconds(10).toNanos();

  private final CountDownLatch stopping = new CountDownLatch(1);
  private final AtomicLong lastWarning = new AtomicLong(System.nanoTime() - QUIET);
  private final Duration initial;
  private final Duration max;

  Backoff(ProcessConfig config) {
    this.initial = config.retryInitial();
    this.max = config.retryMax();
  }

  /** Before the consumers, which wait for the batch in work. */
  void stop(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) ShutdownEvent event) {
    stopping.countDown();
  }

  /**
   * Waits before the next attempt.
   *
   * @param failures so far, from 1
   * @throws StoppingException if there shall be no next attempt
   */
  void pause(int failures, String what, Throwable cause) {
    warn(failures, what, cause);
    long ceiling =
        Math.min(max.toMillis(), initial.toMillis() << Math.min(Math.max(failures - 1, 0), 20));
    long millis = ThreadLocalRandom.current().nextLong(ceiling / 2, ceiling + 1);
    try {
      if (stopping.await(millis, TimeUnit.MILLISECONDS)) {
        throw new StoppingException();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoppingException();
    }
  }

  /** All keys of a batch fail together when the database is away: one of them says so. */
  private void warn(int failures, String what, Throwable cause) {
    long now = System.nanoTime();
    long last = lastWarning.get();
    if (now - last >= QUIET && lastWarning.compareAndSet(last, now)) {
      Log.warnf("%s failed %d times, it will be tried again: %s", what, failures, cause);
    } else {
      Log.debugf(cause, "%s failed %d times", what, failures);
    }
  }
}
