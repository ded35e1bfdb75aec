package io.headrace.query.platform.live;

/**
 * A client of a live query. Called by one thread, one call after another; must not block, and must
 * not keep what it cannot pass on without a bound.
 */
public interface LiveSubscriber<E> {

  /** The first event is a state, unless the client goes on from where it was. */
  void next(LiveEvent<E> event);

  /** The first reading failed: nothing was told, and nothing will be. */
  void failed(Throwable cause);

  /** Nothing more will be told. The last call. */
  void ended(End why);

  /** Why a client is told nothing more. */
  enum End {
    /** The service is stopping; the client may go on elsewhere, from where it is. */
    STOPPING,
    /** What had to be told could not be. */
    DEFECT
  }
}
