package io.headrace.events.platform;

/** A recorded event whose payload does not fit its type. The reader parks it; it never skips it. */
public final class UndecodableEventException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public UndecodableEventException(String message, Throwable cause) {
    super(message, cause);
  }
}
