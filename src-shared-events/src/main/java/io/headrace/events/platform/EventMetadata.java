package io.headrace.events.platform;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * What is known about an event besides its content. Its JSON form, a flat object of strings whose
 * field names are the Kafka header names, is stored beside the payload; the relay copies every
 * field to a header of that name and knows none of them.
 *
 * @param correlationId the same for everything that one request set in motion
 * @param causationId the {@link RecordedEvent#id} of the event, or the id of the request, that led
 *     to this event
 * @param tenant absent where a deployment has one tenant
 * @param traceparent W3C Trace Context of the span that recorded the event
 */
@RegisterForReflection
public record EventMetadata(
    @JsonProperty(Headers.CORRELATION_ID) @Nullable String correlationId,
    @JsonProperty(Headers.CAUSATION_ID) @Nullable String causationId,
    @JsonProperty(Headers.TENANT) @Nullable String tenant,
    @JsonProperty(Headers.TRACEPARENT) @Nullable String traceparent) {

  public static final EventMetadata NONE = new EventMetadata(null, null, null, null);
}
