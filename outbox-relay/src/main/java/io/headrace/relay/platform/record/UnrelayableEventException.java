package io.headrace.relay.platform.record;

import org.jspecify.annotations.Nullable;

/**
 * A change in the log that cannot become a Kafka record. The relay stops before it: what follows
 * must not overtake it. The message names position, stream and cause, never the payload.
 */
public final class UnrelayableEventException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public UnrelayableEventException(String where, String why, @Nullable Throwable cause) {
    super("the change at %s cannot be published: %s".formatted(where, why), cause);
  }
}
