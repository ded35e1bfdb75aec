package io.headrace.command.platform.spi;

/** Regular expressions for {@code @Pattern} on the components of commands. */
public final class Patterns {

  /** An id: 1 to 128 characters, safe in a path, in a stream id and in a Kafka key. */
  public static final String ID = "[A-Za-z0-9][A-Za-z0-9_-]{0,127}";

  /**
   * Text that every reader of the events can store: PostgreSQL's {@code text} refuses the NUL
   * character, and a lone surrogate cannot be written as UTF-8.
   */
  public static final String TEXT = "[^\\x00\\p{Cs}]*";

  private Patterns() {}
}
