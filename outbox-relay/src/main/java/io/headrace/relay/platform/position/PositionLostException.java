package io.headrace.relay.platform.position;

/**
 * What Kafka holds and what the slot would send next do not fit together. To go on would skip or
 * repeat events; only an operator can decide.
 */
public final class PositionLostException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public PositionLostException(String message) {
    super(message);
  }
}
