package io.headrace.command.platform.dispatch;

/**
 * A context's code, or ours, broke its contract while handling a command; nothing was stored. It is
 * logged where it is found, under {@link #incident()}, so that a client can quote it.
 */
public final class DefectException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final String incident;

  public DefectException(String incident, Throwable cause) {
    super("defect " + incident, cause);
    this.incident = incident;
  }

  public String incident() {
    return incident;
  }
}
