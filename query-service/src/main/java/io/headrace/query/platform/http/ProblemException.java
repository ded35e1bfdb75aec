package io.headrace.query.platform.http;

import io.headrace.query.platform.read.ViewPosition;
import java.util.Optional;

/** Ends a request with a problem. Caught once, at the boundary. */
public final class ProblemException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final transient Problem problem;
  private final transient Optional<ViewPosition> position;

  public ProblemException(Problem problem) {
    this(problem, Optional.empty());
  }

  ProblemException(Problem problem, Optional<ViewPosition> position) {
    // An answer, not a defect: without a stack trace.
    super(problem.detail(), null, false, false);
    this.problem = problem;
    this.position = position;
  }

  public Problem problem() {
    return problem;
  }

  Optional<ViewPosition> position() {
    return position;
  }
}
