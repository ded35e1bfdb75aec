package io.headrace.command.platform.dispatch;

/**
 * What the sender of a command demands of the stream's version: RFC 9110's {@code If-Match} and
 * {@code If-None-Match}. A command whose precondition fails is {@link CommandOutcome.Stale}, and is
 * never tried again on another version.
 */
public sealed interface Precondition {

  boolean holds(long version);

  /** {@code If-Match: "<version>"}. */
  record Version(long expected) implements Precondition {
    @Override
    public boolean holds(long version) {
      return version == expected;
    }
  }

  /** {@code If-Match: *}: the stream has events. */
  record Exists() implements Precondition {
    @Override
    public boolean holds(long version) {
      return version > 0;
    }
  }

  /** {@code If-None-Match: *}: the command creates the stream or nothing. */
  record Absent() implements Precondition {
    @Override
    public boolean holds(long version) {
      return version == 0;
    }
  }
}
