package io.headrace.command.platform.log;

/** The log cannot be reached, or did not answer in time. */
public final class LogUnavailableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final boolean effectUnknown;

  public LogUnavailableException(boolean effectUnknown, String message, Throwable cause) {
    super(message, cause);
    this.effectUnknown = effectUnknown;
  }

  /** Whether what was asked for may have happened all the same. */
  public boolean effectUnknown() {
    return effectUnknown;
  }
}
