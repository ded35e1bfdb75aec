package io.headrace.benchmarks.append;

/**
 * @param done the operations within the time
 * @param events the events that were recorded by all operations, those after the time too
 */
record Measured(double seconds, long done, long events, Latencies latencies) {

  double rate() {
    return done / seconds;
  }
}
