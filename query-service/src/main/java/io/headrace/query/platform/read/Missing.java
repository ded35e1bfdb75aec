package io.headrace.query.platform.read;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * What a view lacks of a stream.
 *
 * @param wanted the version that the client wants to see
 * @param reached the version that the view has come to; absent if that could not be found out
 * @param parked whether an event of the stream, up to that version, could not be applied and is
 *     parked: it will be missing until an operator has helped
 */
@RegisterForReflection
@Schema(name = "Missing", description = "What the view lacks of a stream.")
public record Missing(
    @Schema(examples = "order-4711") String streamId,
    @Schema(description = "The version that the token speaks of.", examples = "3") long wanted,
    @Schema(description = "The version that the view has come to.", examples = "2")
        @Nullable Long reached,
    @Schema(description = "Whether an event was parked: it waits for an operator.")
        boolean parked) {}
