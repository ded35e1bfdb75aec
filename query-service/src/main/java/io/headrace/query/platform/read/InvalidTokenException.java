package io.headrace.query.platform.read;

/** The request carries what is no consistency token of this platform. */
public final class InvalidTokenException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final String field;

  /**
   * @param field the header or the query parameter
   * @param message what is expected of it, for a person
   */
  InvalidTokenException(String field, String message) {
    super(message, null, false, false);
    this.field = field;
  }

  public String field() {
    return field;
  }
}
