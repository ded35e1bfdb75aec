package io.headrace.command.contexts.review;

import io.headrace.command.contexts.review.ReviewCommand.AnswerReview;
import io.headrace.command.contexts.review.ReviewCommand.PostReview;
import io.headrace.command.contexts.review.ReviewRejection.ReviewAlreadyPosted;
import io.headrace.command.contexts.review.ReviewRejection.ReviewNotPosted;
import io.headrace.command.platform.spi.DeciderSpec;
import io.headrace.events.contexts.review.ReviewEvent;
import io.headrace.events.contexts.review.ReviewEvent.ReviewAnswered;
import io.headrace.events.contexts.review.ReviewEvent.ReviewPosted;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ReviewDeciderTest {

  private static final Instant T0 = Instant.parse("2018-01-01T10:00:00Z");
  private static final PostReview POST = new PostReview("r1", "o1", 4, "good", null, T0);
  private static final AnswerReview ANSWER = new AnswerReview("r1", "thanks", T0);
  private static final ReviewPosted POSTED = new ReviewPosted("r1", "o1", 4, "good", null, T0);
  private static final ReviewAnswered ANSWERED = new ReviewAnswered("r1", "o1", "thanks", T0);

  @Test
  void a_review_is_posted_once() {
    given().when(POST).then(POSTED);
    given(POSTED).when(POST).thenRejected(new ReviewAlreadyPosted("r1"));
    given(POSTED, ANSWERED).when(POST).thenRejected(new ReviewAlreadyPosted("r1"));
  }

  @Test
  void the_first_answer_stays() {
    given().when(ANSWER).thenRejected(new ReviewNotPosted("r1"));
    given(POSTED).when(ANSWER).then(ANSWERED);
    given(POSTED, ANSWERED).when(new AnswerReview("r1", "other", T0)).thenNothing();
  }

  @Test
  void an_answer_may_have_no_text() {
    given(POSTED)
        .when(new AnswerReview("r1", null, T0))
        .then(new ReviewAnswered("r1", "o1", null, T0));
  }

  @Test
  void any_recorded_event_is_folded_in_any_state() {
    given(ANSWERED).thenState(new Review.None());
    given(POSTED, ANSWERED, ANSWERED).thenState(new Review.Answered(POSTED, "thanks", T0));
    given(POSTED, ANSWERED, POSTED).thenState(new Review.Posted(POSTED));
  }

  private static DeciderSpec<ReviewCommand, Review, ReviewEvent, ReviewRejection>.Given given(
      ReviewEvent... events) {
    return DeciderSpec.of(new ReviewDefinition()).given(events);
  }
}
