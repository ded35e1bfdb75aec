package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.Failures.FencedException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;

/**
 * Where events are read from, and up to where they were taken: kept in the database beside the
 * rows, and moved on in their transaction.
 */
interface Place {

  /**
   * Locks the place against others until the transaction ends.
   *
   * @param records in their order
   * @param behind adds what is to be asked once it is locked
   * @throws FencedException if it is not where this reader believes it to be
   */
  Admission lock(Connection connection, List<Inbound> records, Consumer<Pipeline> behind)
      throws SQLException, FencedException;

  /** Behind these records; called once after {@link #lock}, with the same ones. */
  void advance(Pipeline pipeline, List<Inbound> records);

  /** The transaction has committed. */
  void moved(List<Inbound> records);

  /**
   * Which records may be taken now.
   *
   * @param limits by partition, the first offset that may not
   * @param mayBeLive whether readers may see what comes of it; not while a generation is being
   *     built
   */
  record Admission(
      boolean all, Map<TopicPartition, Long> limits, boolean anythingParked, boolean mayBeLive) {

    boolean admits(Inbound inbound) {
      Long limit = limits.get(inbound.source());
      return limit == null || inbound.offset() < limit;
    }
  }
}
