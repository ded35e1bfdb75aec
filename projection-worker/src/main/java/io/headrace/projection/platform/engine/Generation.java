package io.headrace.projection.platform.engine;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One set of tables of a view, with a progress of its own.
 *
 * @param version of the view's code that fills it
 * @param follows whether it takes events from Kafka
 * @param keptUntil of a retired one
 */
record Generation(
    String view,
    int number,
    int version,
    State state,
    boolean follows,
    @Nullable Instant keptUntil) {

  enum State {
    /** Being filled; nobody reads it. */
    BUILDING,
    /** The one that readers see. */
    LIVE,
    /** Was live; kept up to date for a while, so that it can be again. */
    RETIRED,
    /** Its tables are gone. */
    DROPPED;

    String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    static State of(String wire) {
      return valueOf(wire.toUpperCase(Locale.ROOT));
    }
  }

  String table(String name) {
    return ViewTables.table(name, number);
  }
}
