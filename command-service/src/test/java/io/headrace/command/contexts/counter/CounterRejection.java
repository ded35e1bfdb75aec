package io.headrace.command.contexts.counter;

import io.headrace.command.platform.spi.Rejection;

sealed interface CounterRejection extends Rejection {

  record CounterAlreadyOpen(String counterId, String status) implements CounterRejection {
    @Override
    public String message() {
      return "The counter %s is open.".formatted(counterId);
    }
  }

  record CounterNotOpen(String counterId) implements CounterRejection {
    @Override
    public String message() {
      return "There is no counter %s.".formatted(counterId);
    }
  }

  record CounterFull(String counterId, long total) implements CounterRejection {
    @Override
    public String message() {
      return "The counter %s is at %d and takes no more.".formatted(counterId, total);
    }
  }
}
