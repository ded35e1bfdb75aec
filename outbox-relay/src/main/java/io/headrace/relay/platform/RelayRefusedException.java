package io.headrace.relay.platform;

/**
 * The relay will not work as things are set up: a sentence for the operator. Looked at again from
 * time to time, so that a mended set-up needs no restart.
 */
public final class RelayRefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Whether no passing of time can help, so that a process that just started had better exit. */
  private final boolean misconfigured;

  private RelayRefusedException(String message, boolean misconfigured) {
    super(message);
    this.misconfigured = misconfigured;
  }

  public RelayRefusedException(String message) {
    this(message, false);
  }

  public static RelayRefusedException misconfigured(String message) {
    return new RelayRefusedException(message, true);
  }

  public boolean misconfigured() {
    return misconfigured;
  }
}
