package io.headrace.relay.platform.source;

import org.jspecify.annotations.Nullable;

/**
 * What PostgreSQL says of the slot.
 *
 * @param confirmedLsn what it will not send again
 * @param currentLsn where the log ends now
 * @param lagBytes between the two
 * @param retainedBytes of the log that it keeps from being removed
 * @param safeBytes how much more may be written before PostgreSQL takes log from it, or null if
 *     that is not limited
 * @param status what PostgreSQL says of the log that it needs: reserved, extended, unreserved, lost
 * @param failover whether it is carried over to standbys
 * @param active whether someone streams from it
 * @param lost why it can no longer be streamed from, or null
 */
public record SlotState(
    long confirmedLsn,
    long currentLsn,
    long lagBytes,
    long retainedBytes,
    @Nullable Long safeBytes,
    String status,
    boolean failover,
    boolean active,
    @Nullable String lost) {}
