package io.headrace.query.platform.live;

/** Why a client is told everything anew, rather than what has changed. */
public enum Reset {
  /** What it has last seen is so long ago that the changes since are forgotten. */
  TOO_OLD("too-old", "The changes since then are not known any more."),
  /** More has changed than is told one by one. */
  TOO_MANY_CHANGES("too-many-changes", "More rows have changed than are told one by one."),
  /** Readers see another generation of the view, or another server. */
  REPLACED("replaced", "The rows of the view were replaced."),
  /** The id is not one of this query. */
  UNKNOWN_ID("unknown-id", "The Last-Event-ID is not one of this query.");

  private final String reason;
  private final String sentence;

  Reset(String reason, String sentence) {
    this.reason = reason;
    this.sentence = sentence;
  }

  /** Stable, for programs. */
  public String reason() {
    return reason;
  }

  /** For people. */
  public String sentence() {
    return sentence;
  }
}
