package io.headrace.systemtests.olist;

/** The files cannot be used; the message is one sentence for the person who named the folder. */
public final class BadDataException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public BadDataException(String message) {
    super(message);
  }
}
