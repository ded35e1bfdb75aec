package io.headrace.systemtests.replay;

import java.io.PrintStream;
import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A bar with the time left on a terminal; elsewhere a plain line now and then. */
public final class TerminalProgress implements Progress {

  private static final long LINE_EVERY_NANOS = Duration.ofSeconds(5).toNanos();

  private final PrintStream out;
  private final boolean bar;
  private @Nullable ProgressBar current;
  private String what = "";
  private long total;
  private long begunAt;
  private long printedAt;

  /**
   * @param bar whether {@code out} is a terminal
   */
  public TerminalProgress(PrintStream out, boolean bar) {
    this.out = out;
    this.bar = bar;
  }

  @Override
  public synchronized void begin(String newWhat, long newTotal) {
    close();
    what = newWhat;
    total = newTotal;
    begunAt = System.nanoTime();
    printedAt = begunAt;
    if (bar) {
      current =
          new ProgressBarBuilder()
              .setTaskName("%-8s".formatted(what))
              .setInitialMax(total)
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(200)
              .showSpeed()
              .build();
    }
  }

  @Override
  public synchronized void step(long done, String detail) {
    ProgressBar shown = current;
    if (shown != null) {
      shown.stepTo(Math.max(done, shown.getCurrent()));
      shown.setExtraMessage(" " + detail);
      return;
    }
    long now = System.nanoTime();
    if (now - printedAt >= LINE_EVERY_NANOS || done == total) {
      printedAt = now;
      out.printf(
          "%s: %,d of %,d, %s%s%n",
          what, done, total, left(done, now), detail.isEmpty() ? "" : ", " + detail);
    }
  }

  private String left(long done, long now) {
    if (done >= total) {
      return "done in %.1f s".formatted((now - begunAt) / 1e9);
    }
    return done == 0
        ? "time left unknown"
        : "%.0f s left".formatted((now - begunAt) / 1e9 / done * (total - done));
  }

  @Override
  public synchronized void close() {
    ProgressBar shown = current;
    if (shown != null) {
      shown.close();
      current = null;
    }
  }
}
