package io.headrace.command.contexts.review;

import io.headrace.command.platform.spi.AggregateDefinition;
import io.headrace.command.platform.spi.Decider;
import io.headrace.events.contexts.review.ReviewEvent;
import io.headrace.events.platform.ContextEvents;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

@ApplicationScoped
public class ReviewDefinition
    implements AggregateDefinition<ReviewCommand, Review, ReviewEvent, ReviewRejection> {

  @Override
  public String aggregate() {
    return "review";
  }

  @Override
  public String collection() {
    return "reviews";
  }

  @Override
  public ContextEvents<ReviewEvent> events() {
    return ReviewEvent.EVENTS;
  }

  @Override
  public Class<ReviewCommand> commandRoot() {
    return ReviewCommand.class;
  }

  @Override
  public List<Class<? extends ReviewCommand>> commandTypes() {
    return List.of(ReviewCommand.PostReview.class, ReviewCommand.AnswerReview.class);
  }

  @Override
  public Class<Review> stateType() {
    return Review.class;
  }

  @Override
  public Decider<ReviewCommand, Review, ReviewEvent, ReviewRejection> decider() {
    return new ReviewDecider();
  }
}
