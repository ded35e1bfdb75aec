package io.headrace.command.contexts.review;

import static io.headrace.command.platform.spi.Decision.accept;
import static io.headrace.command.platform.spi.Decision.reject;

import io.headrace.command.contexts.review.Review.Answered;
import io.headrace.command.contexts.review.Review.None;
import io.headrace.command.contexts.review.Review.Posted;
import io.headrace.command.contexts.review.ReviewCommand.AnswerReview;
import io.headrace.command.contexts.review.ReviewCommand.PostReview;
import io.headrace.command.contexts.review.ReviewRejection.ReviewAlreadyPosted;
import io.headrace.command.contexts.review.ReviewRejection.ReviewNotPosted;
import io.headrace.command.platform.spi.Decider;
import io.headrace.command.platform.spi.Decision;
import io.headrace.events.contexts.review.ReviewEvent;
import io.headrace.events.contexts.review.ReviewEvent.ReviewAnswered;
import io.headrace.events.contexts.review.ReviewEvent.ReviewPosted;

final class ReviewDecider implements Decider<ReviewCommand, Review, ReviewEvent, ReviewRejection> {

  private record When(Review review, ReviewCommand command) {}

  private record Then(Review review, ReviewEvent event) {}

  @Override
  public Review initial() {
    return new None();
  }

  @Override
  public Decision<ReviewEvent, ReviewRejection> decide(ReviewCommand command, Review review) {
    return switch (new When(review, command)) {
      case When(None _, PostReview c) ->
          accept(
              new ReviewPosted(
                  c.reviewId(), c.orderId(), c.score(), c.title(), c.message(), c.at()));
      case When(_, PostReview c) -> reject(new ReviewAlreadyPosted(c.reviewId()));

      case When(None _, AnswerReview c) -> reject(new ReviewNotPosted(c.reviewId()));
      case When(Posted(ReviewPosted r), AnswerReview c) ->
          accept(new ReviewAnswered(r.reviewId(), r.orderId(), c.answer(), c.at()));
      case When(Answered _, AnswerReview _) -> accept();
    };
  }

  @Override
  public Review evolve(Review review, ReviewEvent event) {
    return switch (new Then(review, event)) {
      case Then(_, ReviewPosted e) -> new Posted(e);
      case Then(Posted(ReviewPosted r), ReviewAnswered e) ->
          new Answered(r, e.answer(), e.answeredAt());
      // The decider never emits the rest; a recorded event is not refused, it changes nothing.
      case Then(Review other, ReviewAnswered _) -> other;
    };
  }
}
