package io.headrace.projection.platform.engine;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Counts how often this thread asks PostgreSQL and waits for the answer, by what the driver logs of
 * its protocol: each Sync is waited for, and nothing else is.
 */
final class RoundTrips extends Handler implements AutoCloseable {

  private static final Logger DRIVER = Logger.getLogger("org.postgresql.core.v3.QueryExecutorImpl");

  private final long thread = Thread.currentThread().threadId();
  private final AtomicInteger count = new AtomicInteger();
  private final Level level = DRIVER.getLevel();
  private final boolean usesParents = DRIVER.getUseParentHandlers();

  RoundTrips() {
    setLevel(Level.ALL);
    DRIVER.addHandler(this);
    DRIVER.setUseParentHandlers(false);
    DRIVER.setLevel(Level.FINEST);
  }

  /** How many there were since the last time. */
  int taken() {
    return count.getAndSet(0);
  }

  @Override
  public void publish(LogRecord record) {
    if (record.getLongThreadID() == thread && " FE=> Sync".equals(record.getMessage())) {
      count.incrementAndGet();
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    DRIVER.setLevel(level);
    DRIVER.setUseParentHandlers(usesParents);
    DRIVER.removeHandler(this);
  }
}
