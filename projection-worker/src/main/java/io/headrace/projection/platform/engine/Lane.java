package io.headrace.projection.platform.engine;

import io.headrace.events.platform.IndexableText;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What waits behind a parked event: the later events of a stream, or those of a row's key. A record
 * that is no event stands alone.
 */
record Lane(Kind kind, String id) implements Comparable<Lane> {

  /**
   * That of a row. A key may be what PostgreSQL refuses, and the tables of lanes have indexes too:
   * such a key is a lane of another name.
   */
  static Lane ofKey(String key) {
    return new Lane(Kind.KEY, IndexableText.of(key));
  }

  enum Kind {
    KEY,
    STREAM,
    RECORD;

    String wire() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Null if there is no such kind. */
    static @Nullable Kind of(@Nullable String wire) {
      for (Kind each : values()) {
        if (each.name().equalsIgnoreCase(wire)) {
          return each;
        }
      }
      return null;
    }
  }

  enum Reason {
    /** An earlier version of the stream has not arrived. */
    GAP,
    /** The record, or the event in it, cannot be read. */
    UNDECODABLE,
    /** The view threw an exception. */
    FAILED,
    /** PostgreSQL refuses the row, or what it adds to totals. */
    REFUSED;

    String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Override
  public int compareTo(Lane other) {
    int byKind = kind.compareTo(other.kind);
    return byKind != 0 ? byKind : id.compareTo(other.id);
  }

  /**
   * An event that is not folded now.
   *
   * @param reason null if it only waits behind another
   * @param cause what went wrong; null as {@code reason}
   */
  record Parked(Lane lane, Inbound inbound, @Nullable Reason reason, @Nullable String cause) {}
}
