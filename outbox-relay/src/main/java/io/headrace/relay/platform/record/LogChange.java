package io.headrace.relay.platform.record;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Something that the log says, in the order of the log. */
public sealed interface LogChange {

  /** The end of the last transaction, or the last message, before it. */
  long commitLsn();

  /** About what it takes in memory. */
  default long bytes() {
    return 64;
  }

  /**
   * A row.
   *
   * @param transaction the id of its transaction
   */
  record Insert(long commitLsn, long transaction, LogRow row) implements LogChange {

    @Override
    public long bytes() {
      return 512
          + row.streamId().length()
          + row.partitionKey().length()
          + row.metadata().length()
          + row.payload().length();
    }
  }

  /**
   * A change that is no event.
   *
   * @param event its id, if it has one
   */
  record Unreadable(
      long commitLsn, long transaction, @Nullable String event, UnrelayableEventException cause)
      implements LogChange {}

  /**
   * A message that is part of no transaction: all that was committed before {@code commitLsn} has
   * been seen.
   *
   * @param at of a heartbeat: all that was committed up to then has been seen, by the clock of the
   *     log's database
   */
  record Message(long commitLsn, @Nullable Instant at) implements LogChange {}
}
