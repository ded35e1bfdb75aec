package io.headrace.command.platform.log;

/** PostgreSQL refuses the content of an append: a defect of whoever made it. */
public final class AppendRefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public AppendRefusedException(Throwable cause) {
    super("the append cannot be stored", cause);
  }
}
