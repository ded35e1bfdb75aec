package io.headrace.query.platform.live;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * Up to where a view has been told.
 *
 * @param generation snapshots of another one say nothing of this one's rows
 * @param timeline of the server. After a failover that lost transactions, other transactions may
 *     have their ids; they are on another timeline.
 */
record Position(int generation, String timeline, Snapshot snapshot) {

  private static final int MAX_LENGTH = 6_000;
  private static final int PARTS = 4;

  /** As the id of an event of this query: opaque to clients. */
  String id(LiveQuery<?> query) {
    var text =
        String.join(
            "/",
            String.valueOf(generation),
            timeline,
            Integer.toHexString(query.name().hashCode()),
            snapshot.text());
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Empty if it is no id of an event of this query. */
  static Optional<Position> of(String id, LiveQuery<?> query) {
    if (id.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    try {
      var text = new String(Base64.getUrlDecoder().decode(id), StandardCharsets.US_ASCII);
      var parts = text.split("/", -1);
      if (parts.length != PARTS || !parts[2].equals(Integer.toHexString(query.name().hashCode()))) {
        return Optional.empty();
      }
      var generation = Integer.parseInt(parts[0]);
      return Snapshot.parse(parts[3]).map(it -> new Position(generation, parts[1], it));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
