package io.headrace.command.platform.dispatch;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.events.platform.EventMetadata;
import org.jspecify.annotations.Nullable;

/**
 * A command as it is sent, not yet looked at.
 *
 * @param context for example {@code ordering}
 * @param collection for example {@code orders}
 * @param id the id of the aggregate
 * @param command in kebab case, for example {@code place-order}
 * @param body a JSON object; not changed
 * @param bytes the length of the request's JSON, for the limit on what waits
 * @param idempotencyKey with one, the command takes effect at most once, and sending it again gets
 *     the answer of the first time; 1 to 255 visible ASCII characters
 * @param precondition null where any version will do; then a conflict with another command is
 *     decided again on the newer state, a bounded number of times
 * @param metadata stored with each event
 */
public record CommandRequest(
    String context,
    String collection,
    String id,
    String command,
    JsonNode body,
    int bytes,
    @Nullable String idempotencyKey,
    @Nullable Precondition precondition,
    EventMetadata metadata) {}
