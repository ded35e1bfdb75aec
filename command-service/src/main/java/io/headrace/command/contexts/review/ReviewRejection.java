package io.headrace.command.contexts.review;

import io.headrace.command.platform.spi.Rejection;
import io.quarkus.runtime.annotations.RegisterForReflection;

sealed interface ReviewRejection extends Rejection {

  @RegisterForReflection
  record ReviewAlreadyPosted(String reviewId) implements ReviewRejection {

    @Override
    public String message() {
      return "There already is a review %s.".formatted(reviewId);
    }
  }

  @RegisterForReflection
  record ReviewNotPosted(String reviewId) implements ReviewRejection {

    @Override
    public String message() {
      return "There is no review %s.".formatted(reviewId);
    }
  }
}
