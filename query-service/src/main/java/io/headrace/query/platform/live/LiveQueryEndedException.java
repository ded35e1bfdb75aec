package io.headrace.query.platform.live;

/** A live query that had begun has ended, by no wish of its client. */
public final class LiveQueryEndedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final boolean stopping;

  LiveQueryEndedException(LiveSubscriber.End why) {
    super("the live query has ended: " + why);
    this.stopping = why == LiveSubscriber.End.STOPPING;
  }

  /** Whether that is because the service stops. */
  public boolean stopping() {
    return stopping;
  }
}
