package io.headrace.benchmarks.append;

import java.util.Arrays;

/** Durations in nanoseconds, each kept. For one thread. */
final class Latencies {

  private long[] nanos = new long[1 << 16];
  private int size;

  void add(long duration) {
    if (size == nanos.length) {
      nanos = Arrays.copyOf(nanos, 2 * size);
    }
    nanos[size++] = duration;
  }

  void addAll(Latencies others) {
    for (int i = 0; i < others.size; i++) {
      add(others.nanos[i]);
    }
  }

  int count() {
    return size;
  }

  /** In milliseconds. */
  double percentile(double percent) {
    if (size == 0) {
      return Double.NaN;
    }
    long[] sorted = Arrays.copyOf(nanos, size);
    Arrays.sort(sorted);
    return sorted[(int) Math.min(size - 1L, Math.round(percent / 100 * (size - 1)))] / 1e6;
  }
}
