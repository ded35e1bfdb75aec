package io.headrace.command.contexts.review;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.headrace.events.contexts.review.ReviewEvent.ReviewPosted;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Where a review stands in its life. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "status")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Review.None.class, name = "none"),
  @JsonSubTypes.Type(value = Review.Posted.class, name = "posted"),
  @JsonSubTypes.Type(value = Review.Answered.class, name = "answered")
})
@RegisterForReflection
@Schema(name = "Review", description = "Where a review stands in its life; `status` names it.")
sealed interface Review {

  @RegisterForReflection
  record None() implements Review {}

  @RegisterForReflection
  record Posted(ReviewPosted review) implements Review {}

  @RegisterForReflection
  record Answered(ReviewPosted review, @Nullable String answer, Instant answeredAt)
      implements Review {}
}
