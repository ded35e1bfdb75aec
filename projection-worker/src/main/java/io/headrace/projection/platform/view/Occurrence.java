package io.headrace.projection.platform.view;

import io.headrace.events.platform.EventMetadata;
import java.time.Instant;

/**
 * What is known of an event besides its content.
 *
 * @param key of the row being folded
 */
public record Occurrence(
    String key, String streamId, long streamVersion, Instant recordedAt, EventMetadata metadata) {}
