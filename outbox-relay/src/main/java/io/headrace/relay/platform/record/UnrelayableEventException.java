package io.headrace.relay.platform.record;

import org.jspecify.annotations.Nullable;

/**
 * A change in the log that cannot become a Kafka record. The relay stops before it: what follows
 * must not overtake it. The message names position, stream and cause, never the payload.
 */
public final class UnrelayableEventException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final @Nullable String event;
  private final String position;
  private final String why;

  /**
   * @param event its id; null if it has none, and so cannot be parked
   * @param position where it stands in the log
   */
  public UnrelayableEventException(
      @Nullable String event, String position, String why, @Nullable Throwable cause) {
    super(
        "the change at %s%s cannot be published: %s"
            .formatted(position, event == null ? "" : " (event " + event + ")", why),
        cause);
    this.event = event;
    this.position = position;
    this.why = why;
  }

  public @Nullable String event() {
    return event;
  }

  public String position() {
    return position;
  }

  /** The cause, without the event and its position. */
  public String why() {
    return why;
  }
}
