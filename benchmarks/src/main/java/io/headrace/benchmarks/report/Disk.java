package io.headrace.benchmarks.report;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * What a commit cannot be faster than: a page written over in a file and made durable, as
 * PostgreSQL does it for its log, a hundred times a second while nothing else goes on. A 99th
 * percentile of a path with several commits in it is to be read beside this one.
 */
public final class Disk {

  private static final int PAGE = 8 * 1024;
  private static final int PAGES = 2_048;
  private static final long PERIOD_NANOS = 10_000_000;

  private Disk() {}

  /**
   * Adds the median, the 99th percentile and the maximum, in milliseconds.
   *
   * @param directory on the disk in question
   */
  public static void measure(Figures figures, Path directory, Duration duration)
      throws IOException {
    Path file = Files.createTempFile(directory, "disk", ".probe");
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer page = ByteBuffer.allocateDirect(PAGE);
      for (int i = 0; i < PAGES; i++) {
        channel.write(page.clear(), (long) i * PAGE);
      }
      channel.force(true);
      List<Double> millis = new ArrayList<>();
      long start = System.nanoTime();
      for (long due = start; due < start + duration.toNanos(); due += PERIOD_NANOS) {
        LockSupport.parkNanos(due - System.nanoTime());
        long begin = System.nanoTime();
        channel.write(page.clear(), (long) (millis.size() % PAGES) * PAGE);
        channel.force(false);
        millis.add((System.nanoTime() - begin) / 1e6);
      }
      Collections.sort(millis);
      figures.add("disk_sync_p50_ms", "ms", millis.get(millis.size() / 2));
      figures.add("disk_sync_p99_ms", "ms", millis.get(millis.size() * 99 / 100));
      figures.add("disk_sync_max_ms", "ms", millis.getLast());
    } finally {
      Files.delete(file);
    }
  }
}
