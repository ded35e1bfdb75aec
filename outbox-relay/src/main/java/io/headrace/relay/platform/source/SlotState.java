package io.headrace.relay.platform.source;

import org.jspecify.annotations.Nullable;

/**
 * What PostgreSQL says of the slot.
 *
 * @param confirmedLsn what it will not send again
 * @param currentLsn where the log ends now
 * @param lagBytes between the two
 * @param retainedBytes of the log that it keeps from being removed
 * @param active whether someone streams from it
 * @param lost why it can no longer be streamed from, or null
 */
public record SlotState(
    long confirmedLsn,
    long currentLsn,
    long lagBytes,
    long retainedBytes,
    boolean active,
    @Nullable String lost) {}
