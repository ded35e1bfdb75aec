package io.headrace.query.platform.read;

import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads the positions of all views at once, rarely, in the session of the read that wants one.
 * Requests never wait for each other's look-up: sharing it would carry one request's continuation
 * to another's Vert.x context, which Hibernate Reactive forbids.
 */
@ApplicationScoped
class ViewPositions {

  /**
   * A view is complete up to where the least of its partitions is; one that is not known leaves all
   * unknown. Parked lanes are counted up to a thousand: there may be very many.
   */
  private static final String SQL =
      """
      SELECT g.view, g.generation, p.events, p.newest, f.complete_until,
          extract(epoch FROM clock_timestamp() - f.complete_until)::float8,
          (SELECT count(*) FROM (SELECT FROM parked_lane l
            WHERE l.view = g.view AND l.generation = g.generation LIMIT 1000) AS lanes),
          EXISTS (SELECT FROM view_rebuild r WHERE r.view = g.view AND r.finished_at IS NULL)
        FROM view_generation g
          CROSS JOIN LATERAL (
            SELECT coalesce(sum(p.events), 0)::bigint AS events, max(p.recorded_at) AS newest
              FROM view_partition p WHERE p.view = g.view AND p.generation = g.generation) p
          CROSS JOIN LATERAL (
            SELECT CASE WHEN bool_and(f.complete_until IS NOT NULL) THEN min(f.complete_until) END AS complete_until
              FROM view_freshness f WHERE f.view = g.view AND f.generation = g.generation) f
        WHERE g.state = 'live'""";

  private static final String PARKED =
      """
      SELECT lane FROM parked_lane
        WHERE view = ?1 AND generation = ?2 AND kind = 'key' AND lane = ANY (?3)""";

  private static final double MILLIS = 1_000;

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
              known = new Known(byView(rows, asked), asked);
              return known.positions();
            });
  }

  /** Within a session: which of these rows lack events, because they are parked. */
  Uni<Set<String>> parked(ViewPosition position, List<String> keys) {
    return Panache.getSession()
        .chain(
            session ->
                session
                    .createNativeQuery(PARKED, String.class)
                    .setParameter(1, position.view())
                    .setParameter(2, position.generation())
                    .setParameter(3, keys.toArray(String[]::new))
                    .getResultList())
        .map(Set::copyOf);
  }

  private static Map<String, ViewPosition> byView(List<Object[]> rows, long asked) {
    return rows.stream()
        .map(row -> position(row, asked))
        .collect(Collectors.toUnmodifiableMap(ViewPosition::view, Function.identity()));
  }

  private static ViewPosition position(Object[] row, long asked) {
    return new ViewPosition(
        (String) row[0],
        (Integer) row[1],
        (Long) row[2],
        instant(row[3]),
        instant(row[4]),
        row[5] == null ? null : Duration.ofMillis(Math.round((Double) row[5] * MILLIS)),
        asked,
        (Long) row[6],
        (Boolean) row[7],
        false,
        false);
  }

  private static @Nullable Instant instant(@Nullable Object time) {
    return time == null ? null : ((OffsetDateTime) time).toInstant();
  }
}
