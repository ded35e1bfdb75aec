package io.headrace.command.platform.dispatch;

/**
 * The state of a stream at a version.
 *
 * @param measured what the state weighed when it was last measured, in bytes of JSON
 * @param since the bytes of the events since then: it cannot have grown by more
 */
public record VersionedState(Object state, long version, long measured, long since) {

  /** Measured again when the events since then weigh as much as the state did, or this. */
  private static final long SLACK = 8 * 1024;

  /** At most what it weighs. */
  long bytes() {
    return measured + since;
  }

  boolean mustBeMeasured() {
    return since > Math.max(SLACK, measured);
  }
}
