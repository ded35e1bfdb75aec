package io.headrace.query.platform.read;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Reads the positions of all views at once, rarely, in the session of the read that wants one.
 * Requests never wait for each other's look-up: sharing it would carry one request's continuation
 * to another's Vert.x context, which Hibernate Reactive forbids.
 */
@ApplicationScoped
class ViewPositions {

  private static final String SQL =
      """
      SELECT g.view, g.generation, coalesce(sum(p.events), 0)::bigint, max(p.recorded_at)
      FROM view_generation g LEFT JOIN view_partition p USING (view, generation)
      WHERE g.state = 'live'
      GROUP BY g.view, g.generation""";

  private record Known(Map<String, ViewPosition> positions, long readAt) {}

  private final long maxAge;
  private volatile Known known = new Known(Map.of(), 0);

  ViewPositions(ReadConfig config) {
    maxAge = config.positionAge().toNanos();
    known = new Known(Map.of(), System.nanoTime() - maxAge);
  }

  /** Within a session. The positions are not newer than what is read afterwards. */
  Uni<Map<String, ViewPosition>> current() {
    var now = known;
    // The age counts from before the look-up, so the promised age is not exceeded by its duration.
    var asked = System.nanoTime();
    if (asked - now.readAt() < maxAge) {
      return Uni.createFrom().item(now.positions());
    }
    return Panache.getSession()
        .chain(session -> session.createNativeQuery(SQL, Object[].class).getResultList())
        .map(
            rows -> {
              known = new Known(byView(rows), asked);
              return known.positions();
            });
  }

  private static Map<String, ViewPosition> byView(List<Object[]> rows) {
    return rows.stream()
        .map(
            row ->
                new ViewPosition(
                    (String) row[0],
                    (Integer) row[1],
                    (Long) row[2],
                    row[3] == null ? null : ((OffsetDateTime) row[3]).toInstant()))
        .collect(Collectors.toUnmodifiableMap(ViewPosition::view, Function.identity()));
  }
}
