package io.headrace.events.contexts.review;

import io.headrace.events.platform.ContextEvents;
import io.headrace.events.platform.DomainEvent;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

public sealed interface ReviewEvent extends DomainEvent {

  ContextEvents<ReviewEvent> EVENTS =
      ContextEvents.of(
          "review", ReviewEvent.class, List.of(ReviewPosted.class, ReviewAnswered.class));

  String reviewId();

  String orderId();

  @Override
  default String partitionKey() {
    return orderId();
  }

  /**
   * @param score 1 (bad) to 5 (good)
   */
  @RegisterForReflection
  record ReviewPosted(
      String reviewId,
      String orderId,
      int score,
      @Nullable String title,
      @Nullable String message,
      Instant postedAt)
      implements ReviewEvent {}

  @RegisterForReflection
  record ReviewAnswered(
      String reviewId, String orderId, @Nullable String answer, Instant answeredAt)
      implements ReviewEvent {}
}
