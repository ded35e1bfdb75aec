package io.headrace.command.platform.spi;

/** Regular expressions for {@code @Pattern} on the components of commands. */
public final class Patterns {

  /**
   * Text that every reader of the events can store: PostgreSQL's {@code text} refuses the NUL
   * character, and a lone surrogate cannot be written as UTF-8.
   */
  public static final String TEXT = "[^\\x00\\p{Cs}]*";

  private Patterns() {}
}
