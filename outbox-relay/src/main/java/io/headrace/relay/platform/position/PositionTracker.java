package io.headrace.relay.platform.position;

/**
 * Follows the stream of rows, and tells those that are already published from those that are not.
 * For one thread.
 */
public final class PositionTracker {

  private final Position published;
  private Position current;
  private boolean caughtUp;

  /**
   * @param published where the stream was asked to begin
   */
  public PositionTracker(Position published) {
    this.published = published;
    this.current = Position.at(published.lsn());
    this.caughtUp = published.events() == 0;
  }

  /**
   * Takes the next row.
   *
   * @param commitLsn the end of the last transaction, or the last message, before the row's
   * @param transaction the row's transaction
   * @param event the row's id
   * @return whether it is still to be published
   * @throws PositionLostException if the stream is not the continuation of what was published;
   *     nothing may be published any more, because something would be missing or come twice
   */
  public boolean next(long commitLsn, long transaction, String event) {
    if (Long.compareUnsigned(commitLsn, current.lsn()) < 0) {
      throw new PositionLostException(
          "the log went back from %s to %s at %s"
              .formatted(current, Position.lsn(commitLsn), event));
    }
    if (transaction != current.transaction() || commitLsn != current.lsn()) {
      begin(commitLsn, transaction, event);
    }
    current = current.after(event);
    if (caughtUp) {
      return true;
    }
    if (current.events() == published.events()) {
      if (!event.equals(published.lastEvent())) {
        throw notTheSame(event);
      }
      caughtUp = true;
    }
    return false;
  }

  private void begin(long commitLsn, long transaction, String event) {
    // The transaction that was under way comes first and whole, or the slot is past it.
    if (!caughtUp && (current.events() > 0 || transaction != published.transaction())) {
      throw notTheSame(event);
    }
    current = new Position(commitLsn, transaction, 0, null);
  }

  /** A message that is no part of a transaction: everything committed before it has been seen. */
  public void message(long lsn) {
    if (caughtUp && Long.compareUnsigned(lsn, current.lsn()) > 0) {
      current = Position.at(lsn);
    }
  }

  /** Everything seen so far, to be stored with what {@link #next} let through. */
  public Position current() {
    return caughtUp ? current : published;
  }

  private PositionLostException notTheSame(String event) {
    return new PositionLostException(
        "Kafka holds the log up to %s, but the slot goes on with %s, which does not follow"
            .formatted(published, event));
  }
}
