package io.headrace.query.platform.read;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far a view had come when it was read.
 *
 * @param view the name of the progress
 * @param generation of its tables; positions are comparable only within one
 * @param events how many events it has taken, never less than before
 * @param newest when the newest of them was recorded
 */
public record ViewPosition(String view, int generation, long events, @Nullable Instant newest) {

  public static final String HEADER = "View-Position";

  /** As the value of {@link #HEADER}: a dictionary of RFC 9651 (structured field values). */
  public String header() {
    var dictionary = "view=\"%s\", generation=%d, events=%d".formatted(view, generation, events);
    return newest == null ? dictionary : dictionary + ", newest=\"" + newest + '"';
  }
}
