package io.headrace.relay.platform.source;

/** The stream has ended by a failure, which is the cause. */
public final class StreamFailedException extends Exception {

  private static final long serialVersionUID = 1L;

  StreamFailedException(Throwable cause) {
    super(cause);
  }
}
