package io.headrace.query.platform.http;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Map;

/** A representation with its links, as one object. */
@RegisterForReflection
record Linked(@JsonUnwrapped Object value, @JsonProperty("_links") Map<String, Object> links) {}
