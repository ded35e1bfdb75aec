package io.headrace.benchmarks.append;

import java.util.function.Supplier;

/**
 * One kind of load.
 *
 * @param what its name in the table
 * @param requests the next request at each call
 * @param streams those that its requests have been for
 * @param eventsEach how many events each of these had before, where the load chooses the streams;
 *     where they are known beforehand, they are counted
 */
record Load(
    String what, Supplier<HttpLoad.Request> requests, Supplier<Streams> streams, int eventsEach) {

  /** Streams whose ids are digests of consecutive numbers, so they are all over the index. */
  record Streams(String aggregate, String prefix, int from, int to) {

    int size() {
      return to - from;
    }

    /** A query for their ids. */
    String ids() {
      return "SELECT '%s-' || md5('%s' || i) AS id FROM generate_series(%d, %d) i"
          .formatted(aggregate, prefix, from, to - 1);
    }
  }
}
