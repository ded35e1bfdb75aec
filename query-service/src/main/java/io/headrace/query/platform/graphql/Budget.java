package io.headrace.query.platform.graphql;

import io.headrace.query.platform.http.Problem;
import io.headrace.query.platform.http.ProblemException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What one request may still ask for. The depth and the number of fields say little of what a
 * request costs: a list of two hundred rows is one field.
 */
final class Budget {

  private final AtomicInteger reads;
  private final AtomicInteger rows;
  private final GraphqlConfig config;

  Budget(GraphqlConfig config) {
    this.config = config;
    this.reads = new AtomicInteger(config.maxReads());
    this.rows = new AtomicInteger(config.maxRows());
  }

  /**
   * @param limit how many rows it may bring
   * @throws ProblemException if it is more than is left
   */
  void read(int limit) {
    if (reads.decrementAndGet() < 0) {
      throw tooMuch("more than " + config.maxReads() + " rows by key and lists");
    }
    rows(limit);
  }

  /**
   * @throws ProblemException if it is more than is left
   */
  void rows(int number) {
    if (rows.addAndGet(-number) < 0) {
      throw tooMuch("more than " + config.maxRows() + " rows in all, by the limits of its lists");
    }
  }

  private static ProblemException tooMuch(String what) {
    return new ProblemException(Problem.tooComplex(what));
  }
}
