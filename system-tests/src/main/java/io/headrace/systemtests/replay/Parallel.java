package io.headrace.systemtests.replay;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/** Does one thing with each of many, several at a time. */
final class Parallel {

  private Parallel() {}

  interface Work<T, R> {
    R of(T input) throws InterruptedException;
  }

  /** The results in the order of the inputs; the first failure is the failure of the whole. */
  static <T, R> List<R> map(Collection<T> inputs, int concurrency, Work<T, R> work)
      throws InterruptedException {
    Semaphore permits = new Semaphore(concurrency);
    List<R> results = new ArrayList<>(inputs.size());
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<R>> futures = new ArrayList<>(inputs.size());
      for (T input : inputs) {
        permits.acquire();
        futures.add(
            threads.submit(
                () -> {
                  try {
                    return work.of(input);
                  } finally {
                    permits.release();
                  }
                }));
      }
      for (Future<R> future : futures) {
        results.add(future.get());
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof InterruptedException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
    return results;
  }
}
