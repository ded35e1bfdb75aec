package io.headrace.query.platform.read;

import java.util.List;
import java.util.Optional;

/** The view has not come to what the request's consistency tokens speak of, in the time given. */
public final class ViewBehindException extends RuntimeException {

  private static final long serialVersionUID = 1;

  private final String view;
  private final transient List<Missing> missing;
  private final transient Optional<ViewPosition> position;

  ViewBehindException(String view, List<Missing> missing, Optional<ViewPosition> position) {
    super("the view is behind", null, false, false);
    this.view = view;
    this.missing = List.copyOf(missing);
    this.position = position;
  }

  /** The name of the view. */
  public String view() {
    return view;
  }

  /** What was waited for in vain; not empty. */
  public List<Missing> missing() {
    return missing;
  }

  /** How far the view has come. */
  public Optional<ViewPosition> position() {
    return position;
  }
}
