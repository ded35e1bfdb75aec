package io.headrace.query.platform.live;

import io.headrace.query.platform.read.ViewPosition;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a client is told at once: all that has come about between one moment of the database and
 * another. Shared by all clients of a query; its bytes are made once.
 *
 * <p>Confined to the thread that tells it.
 */
public final class LiveEvent<E> {

  /** What an event is. */
  public enum Kind {
    /** These rows take the place of all that the client has. */
    STATE,
    /** These rows are new or have changed, and those are not in the query any more. */
    CHANGE
  }

  private final Kind kind;
  private final String id;
  private final List<E> rows;
  private final List<Object> gone;
  private final boolean more;
  private final Optional<Reset> reset;
  private final Optional<ViewPosition> position;
  private final Function<LiveEvent<E>, Buffer> encoder;
  private @Nullable Buffer encoded;

  LiveEvent(
      Kind kind,
      String id,
      List<E> rows,
      List<Object> gone,
      boolean more,
      Optional<Reset> reset,
      Optional<ViewPosition> position,
      Function<LiveEvent<E>, Buffer> encoder) {
    this.kind = kind;
    this.id = id;
    this.rows = rows;
    this.gone = gone;
    this.more = more;
    this.reset = reset;
    this.position = position;
    this.encoder = encoder;
  }

  public Kind kind() {
    return kind;
  }

  /** From where on a client can be told what it has missed. */
  public String id() {
    return id;
  }

  public List<E> rows() {
    return rows;
  }

  /** Keys; a client may not have known all of them. Of a change. */
  public List<Object> gone() {
    return gone;
  }

  /** Whether the list has more rows than these; their changes are told nevertheless. Of a state. */
  public boolean more() {
    return more;
  }

  /** Why a client that had a state before is given another. */
  public Optional<Reset> reset() {
    return reset;
  }

  /** How far the view had come, of the first event that a client gets. */
  public Optional<ViewPosition> position() {
    return position;
  }

  /** As server-sent events. */
  public Buffer encoded() {
    var known = encoded;
    if (known == null) {
      known = encoder.apply(this);
      encoded = known;
    }
    return known;
  }
}
