package io.headrace.command.platform.dispatch;

import java.time.Duration;

/** A command was not dealt with, for reasons of the infrastructure. Sending it again is right. */
public final class CommandUnavailableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What is known about the command. */
  public enum Effect {
    /** Nothing was stored: it may be sent again without harm. */
    NONE,
    /**
     * It may have been stored or not. Sent again with the same idempotency key it takes effect
     * once; without a key it may take effect twice.
     */
    UNKNOWN
  }

  private final Effect effect;
  private final Duration retryAfter;

  public CommandUnavailableException(
      Effect effect, Duration retryAfter, String message, Throwable cause) {
    super(message, cause);
    this.effect = effect;
    this.retryAfter = retryAfter;
  }

  public Effect effect() {
    return effect;
  }

  public Duration retryAfter() {
    return retryAfter;
  }
}
