package io.headrace.relay.platform.run;

/** What the relay is doing. */
public enum Role {
  /** Not yet there, or on its way back after a failure. */
  STARTING,
  /** The command service has not created the publication or the slot yet. */
  WAITING,
  /** Another relay streams from the slot. */
  STANDBY,
  /** Streams from the slot. */
  ACTIVE,
  /** Makes Kafka complete from the event log, as an operator has asked. */
  REFILLING,
  /** Will not go on without an operator. */
  REFUSED,
  /** On the way out. */
  STOPPED
}
