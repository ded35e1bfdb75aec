package io.headrace.command.contexts.counter;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.time.Instant;
import java.util.List;

@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "status")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Counter.None.class, name = "none"),
  @JsonSubTypes.Type(value = Counter.Open.class, name = "open")
})
sealed interface Counter {

  record None() implements Counter {}

  record Open(long total, List<String> labels, Instant openedAt) implements Counter {}
}
