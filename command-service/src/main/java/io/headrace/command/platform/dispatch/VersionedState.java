package io.headrace.command.platform.dispatch;

/**
 * The state of a stream at a version.
 *
 * @param bytes of the events it was folded from: about what it weighs
 */
public record VersionedState(Object state, long version, long bytes) {}
