package io.headrace.localstack;

/**
 * The stack, or a part of it, cannot do what was asked; the message is written for the person who
 * asked.
 */
public class LocalStackException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message what went wrong and, where it is known, what to do about it
   */
  public LocalStackException(String message) {
    super(message);
  }

  /**
   * @param message what went wrong and, where it is known, what to do about it
   * @param cause why
   */
  public LocalStackException(String message, Throwable cause) {
    super(message, cause);
  }
}
