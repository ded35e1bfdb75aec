package io.headrace.query.platform.live;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.query.platform.live.Group.Member;
import io.headrace.query.platform.read.ViewPosition;
import io.headrace.query.platform.read.ViewReads;
import io.headrace.query.platform.view.ResourceView;
import io.headrace.query.platform.view.ValueType;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.hibernate.reactive.mutiny.Mutiny;
import org.jspecify.annotations.Nullable;

/**
 * One reading of a view for all who watch it: what has changed since the last one, and the rows of
 * that, and what clients that are new have to be told, all in one snapshot.
 *
 * <p><b>Why nothing is missed and nothing told twice.</b> A transaction of the worker changes rows
 * and notes their keys under its id, in one commit; a snapshot sees both or neither. So what has
 * changed between two snapshots is exactly what is noted under ids that the later one sees and the
 * earlier one does not, and the rows that the later one sees are those that have come of it. It
 * does not matter in which order transactions began or committed, nor for how long some other
 * transaction runs. A client is told the rows of one snapshot, and from then on what lies between
 * that one and the next.
 *
 * <p><b>Why the generation holds.</b> The view's name is looked up when a statement is planned, not
 * in the snapshot. It is locked before the snapshot is taken, so a swap of generations is either in
 * the snapshot or waits.
 */
final class Reading<E> {

  private static final TypeReference<List<String>> KEYS = new TypeReference<>() {};

  private static final int ROWS_AT_ONCE = 512;

  /** Clients that return may have missed different things, and most of it concerns none of them. */
  private static final int KEYS_PER_CHANGE = 10;

  private static final String CHANGED =
      """
      SELECT CAST(json_agg(k) AS text) FROM (
        SELECT DISTINCT k FROM view_change c, unnest(c.keys) AS k
        WHERE c.relation = ?1 AND c.generation = ?2 AND c.xid >= pg_snapshot_xmin(CAST(?3 AS pg_snapshot))
          AND NOT pg_visible_in_snapshot(c.xid, CAST(?3 AS pg_snapshot))
        LIMIT ?4) AS changed""";

  private static final String HEAD =
      """
      SELECT CAST(pg_current_snapshot() AS text),
        CASE WHEN pg_is_in_recovery() THEN '' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END,
        coalesce((SELECT generation FROM view_generation WHERE view = ?1 AND state = 'live'), 0),
        coalesce((SELECT CAST(CAST(through AS text) AS bigint) FROM view_change_pruned WHERE relation = ?2), 0)""";

  // The newest first: if there are too many, the clients that were away the longest start anew.
  private static final String SINCE =
      """
      WITH returned AS MATERIALIZED (
        SELECT CAST(text AS pg_snapshot) AS snapshot FROM unnest(string_to_array(?6, ';')) AS text)
      SELECT CAST(CAST(xid AS text) AS bigint), CAST(array_to_json(keys) AS text), CAST(total AS bigint) FROM (
        SELECT xid, keys, sum(cardinality(keys)) OVER (ORDER BY xid DESC ROWS UNBOUNDED PRECEDING) AS total FROM (
          SELECT xid, keys FROM view_change
            WHERE relation = ?1 AND generation = ?2 AND xid >= CAST(?3 AS xid8)
              AND EXISTS (SELECT FROM returned WHERE NOT pg_visible_in_snapshot(xid, snapshot))
            ORDER BY xid DESC LIMIT ?4) AS newest
        ) AS counted
        WHERE total - cardinality(keys) <= ?5 ORDER BY xid DESC""";

  private final ResourceView<E, ?, ?> view;
  private final ObjectMapper json;
  private final LiveConfig config;
  private final @Nullable Position since;
  private final List<Member<E>> arriving;
  private final Predicate<Object> wanted;
  private final Collection<Group<E>> groups;

  private volatile boolean over;
  private Position position;
  private Optional<ViewPosition> viewPosition = Optional.empty();
  private Optional<Reset> reset = Optional.empty();
  private final Set<Object> changed = new LinkedHashSet<>();
  private final Map<Member<E>, Set<Object>> missed = new HashMap<>();
  private final Map<Member<E>, Optional<Reset>> anew = new LinkedHashMap<>();
  private final Map<Object, E> rows = new HashMap<>();
  private final Map<String, Page<E>> pages = new HashMap<>();
  private final Map<String, List<E>> wholes = new HashMap<>();

  /**
   * The rows that a list begins with.
   *
   * @param more whether it has more
   */
  record Page<E>(List<E> rows, boolean more) {}

  /**
   * @param since the last reading; null for the first one
   * @param arriving clients that have not been told anything yet
   * @param groups those that are told changes
   * @param wanted whether anyone wants to know of a change of the row with this key
   */
  Reading(
      ResourceView<E, ?, ?> view,
      ObjectMapper json,
      LiveConfig config,
      @Nullable Position since,
      List<Member<E>> arriving,
      Collection<Group<E>> groups,
      Predicate<Object> wanted) {
    this.view = view;
    this.json = json;
    this.config = config;
    this.since = since;
    this.arriving = arriving;
    this.groups = groups;
    this.wanted = wanted;
    this.position = new Position(0, "", new Snapshot(1, 1, new long[0]));
  }

  /** In a transaction of its own. To be called on a Vert.x context. */
  Uni<Reading<E>> read(ViewReads reads) {
    return Panache.withTransaction(
        () ->
            Panache.getSession()
                .chain(
                    session ->
                        session
                            .createNativeQuery("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                            .executeUpdate()
                            .chain(() -> lock(session))
                            .chain(() -> head(session))
                            .chain(() -> changed(session))
                            .chain(() -> missed(session))
                            .chain(() -> reads.position(view))
                            .invoke(found -> viewPosition = found)
                            .chain(this::rows)
                            .chain(this::lists)
                            .replaceWith(this)));
  }

  /**
   * Nobody waits for it any more, if it is still going on: it fails before it asks for more rows.
   */
  void end() {
    over = true;
  }

  private <T> Uni<T> unlessOver(Supplier<Uni<T>> read) {
    return over
        ? Uni.createFrom().failure(new TimeoutException("nobody waits for these rows any more"))
        : read.get();
  }

  private static String relation(ResourceView<?, ?, ?> view) {
    var relation = view.name();
    if (!relation.matches("[a-z][a-z0-9_]*")) {
      throw new IllegalStateException(relation + " is no name of a relation");
    }
    return relation;
  }

  private Uni<?> lock(Mutiny.Session session) {
    return session
        .createNativeQuery("LOCK TABLE " + relation(view) + " IN ACCESS SHARE MODE")
        .executeUpdate();
  }

  private Uni<?> head(Mutiny.Session session) {
    return session
        .createNativeQuery(HEAD, Object[].class)
        .setParameter(1, view.progress())
        .setParameter(2, view.name())
        .getSingleResult()
        .invoke(
            row -> {
              var snapshot =
                  Snapshot.parse((String) row[0])
                      .orElseThrow(() -> new IllegalStateException("no snapshot: " + row[0]));
              position = new Position((Integer) row[2], (String) row[1], snapshot);
              var pruned = (Long) row[3];
              if (since != null) {
                reset = brokenSince(since, pruned);
              }
              for (var member : arriving) {
                classify(member, pruned);
              }
            });
  }

  /** Why it cannot be told what has changed since then, if so. */
  private Optional<Reset> brokenSince(Position then, long pruned) {
    if (then.generation() != position.generation()
        || !then.timeline().equals(position.timeline())
        || then.snapshot().xmax() > position.snapshot().xmax()) {
      return Optional.of(Reset.REPLACED);
    }
    // Whatever was forgotten had an id before the oldest transaction in progress at that time.
    return then.snapshot().xmin() <= pruned ? Optional.of(Reset.TOO_OLD) : Optional.empty();
  }

  private void classify(Member<E> member, long pruned) {
    if (member.lastEventId.isEmpty()) {
      anew.put(member, Optional.empty());
      return;
    }
    var then = Position.of(member.lastEventId.get(), member.query);
    var broken = then.isEmpty() ? Optional.of(Reset.UNKNOWN_ID) : brokenSince(then.get(), pruned);
    if (broken.isPresent()) {
      anew.put(member, broken);
    } else {
      missed.put(member, new LinkedHashSet<>());
    }
  }

  private Uni<?> changed(Mutiny.Session session) {
    if (since == null || reset.isPresent()) {
      return Uni.createFrom().voidItem();
    }
    return session
        .createNativeQuery(CHANGED, String.class)
        .setParameter(1, view.name())
        .setParameter(2, position.generation())
        .setParameter(3, since.snapshot().text())
        .setParameter(4, config.maxChanges() + 1)
        .getSingleResultOrNull()
        .invoke(
            text -> {
              if (text != null) {
                keys(text).forEach(changed::add);
              }
              if (changed.size() > config.maxChanges()) {
                changed.clear();
                reset = Optional.of(Reset.TOO_MANY_CHANGES);
              }
            });
  }

  private Uni<?> missed(Mutiny.Session session) {
    if (missed.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    var snapshots = missed.keySet().stream().map(it -> then(it).snapshot()).toList();
    var oldest = snapshots.stream().mapToLong(Snapshot::xmin).min().orElseThrow();
    var texts = snapshots.stream().map(Snapshot::text).distinct().toList();
    return session
        .createNativeQuery(SINCE, Object[].class)
        .setParameter(1, view.name())
        .setParameter(2, position.generation())
        .setParameter(3, String.valueOf(oldest))
        .setParameter(4, config.maxChanges() + 1)
        .setParameter(5, (long) KEYS_PER_CHANGE * config.maxChanges())
        .setParameter(6, String.join(";", texts))
        .getResultList()
        .invoke(
            found -> {
              var complete =
                  found.isEmpty()
                      || (found.size() <= config.maxChanges()
                          && (Long) found.getLast()[2]
                              <= (long) KEYS_PER_CHANGE * config.maxChanges());
              for (var member : List.copyOf(missed.keySet())) {
                var then = then(member).snapshot();
                if (!complete && then.xmin() <= (Long) found.getLast()[0]) {
                  startAnew(member);
                } else {
                  missed(member, then, found);
                }
              }
            });
  }

  private void missed(Member<E> member, Snapshot then, List<Object[]> found) {
    var keys = missed.get(member);
    for (var row : found) {
      if (keys != null && !then.sees((Long) row[0])) {
        keys((String) row[1]).stream().filter(key -> concerns(member, key)).forEach(keys::add);
      }
    }
    if (keys != null && keys.size() > config.maxChanges()) {
      startAnew(member);
    }
  }

  private boolean concerns(Member<E> member, Object key) {
    return member.query.key().map(key::equals).orElse(true);
  }

  private void startAnew(Member<E> member) {
    missed.remove(member);
    anew.put(member, Optional.of(Reset.TOO_MANY_CHANGES));
  }

  private Position then(Member<E> member) {
    return Position.of(member.lastEventId.orElseThrow(), member.query).orElseThrow();
  }

  private List<Object> keys(String text) {
    try {
      List<Object> typed = new ArrayList<>();
      for (var key : json.readValue(text, KEYS)) {
        // An id is whatever the events call it, even if no request could name it.
        typed.add(view.key().type() == ValueType.TEXT ? key : view.key().type().read(key));
      }
      return typed;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("PostgreSQL writes no JSON", e);
    }
  }

  private Uni<Void> rows() {
    Set<Object> keys = new LinkedHashSet<>();
    changed.stream().filter(wanted).forEach(keys::add);
    missed.values().forEach(keys::addAll);
    for (var member : arriving) {
      member.query.key().ifPresent(keys::add);
    }
    if (reset.isPresent()) {
      for (var group : groups) {
        group.query().key().ifPresent(keys::add);
      }
    }
    return rows(new ArrayList<>(keys), 0);
  }

  private Uni<Void> rows(List<Object> keys, int from) {
    if (from >= keys.size()) {
      return Uni.createFrom().voidItem();
    }
    var to = Math.min(keys.size(), from + ROWS_AT_ONCE);
    var key = view.key();
    return unlessOver(
            () ->
                view.find(
                        view.visible() + " and " + key.name() + " in (:keys)",
                        Map.of("keys", filledUp(keys.subList(from, to))))
                    .<E>list())
        .invoke(found -> found.forEach(row -> rows.put(key.of().apply(row), row)))
        .chain(() -> rows(keys, to));
  }

  /**
   * To a power of two, with the last one: the statement has a parameter for each, and every number
   * of them would be planned anew.
   */
  private static List<Object> filledUp(List<Object> keys) {
    var filled = new ArrayList<>(keys);
    var size = Integer.highestOneBit(Math.max(1, 2 * keys.size() - 1));
    while (filled.size() < size) {
      filled.add(keys.getLast());
    }
    return filled;
  }

  private Uni<Void> lists() {
    Map<String, LiveQuery<E>> beginning = new LinkedHashMap<>();
    anew.keySet().forEach(member -> beginning.put(member.query.name(), member.query));
    for (var group : groups) {
      if (reset.isPresent() || group.remembersTooMuch()) {
        beginning.put(group.query().name(), group.query());
      }
    }
    Map<String, LiveQuery<E>> whole = new LinkedHashMap<>();
    missed.keySet().stream()
        .filter(member -> member.query.isFiltered())
        .forEach(member -> whole.put(member.query.name(), member.query));
    beginning.values().removeIf(query -> query.key().isPresent());
    return wholes(whole.values().iterator(), beginning)
        .chain(() -> pages(new ArrayList<>(beginning.values()).iterator()));
  }

  /**
   * All rows of lists to which clients return: whatever one has, and is not told to have changed,
   * is among them.
   */
  private Uni<Void> wholes(Iterator<LiveQuery<E>> queries, Map<String, LiveQuery<E>> beginning) {
    if (!queries.hasNext()) {
      return Uni.createFrom().voidItem();
    }
    var query = queries.next();
    return list(query, config.maxRemembered())
        .invoke(
            found -> {
              if (found.size() <= config.maxRemembered()) {
                wholes.put(query.name(), found);
              } else {
                beginning.put(query.name(), query);
                List.copyOf(missed.keySet()).stream()
                    .filter(member -> member.query.name().equals(query.name()))
                    .forEach(this::startAnew);
              }
            })
        .chain(() -> wholes(queries, beginning));
  }

  private Uni<Void> pages(Iterator<LiveQuery<E>> queries) {
    if (!queries.hasNext()) {
      return Uni.createFrom().voidItem();
    }
    var query = queries.next();
    return list(query, query.limit())
        .invoke(
            found -> {
              var more = found.size() > query.limit();
              pages.put(
                  query.name(), new Page<>(more ? found.subList(0, query.limit()) : found, more));
            })
        .chain(() -> pages(queries));
  }

  /** One more than the limit, if there are more. */
  private Uni<List<E>> list(LiveQuery<E> query, int limit) {
    var where = query.isFiltered() ? view.visible() + " and " + query.condition() : view.visible();
    return unlessOver(
        () -> view.find(where + query.order(), query.parameters()).range(0, limit).list());
  }

  Position position() {
    return position;
  }

  Optional<ViewPosition> viewPosition() {
    return viewPosition;
  }

  /** Why everyone is told everything anew, if so. */
  Optional<Reset> reset() {
    return reset;
  }

  Set<Object> changed() {
    return changed;
  }

  /** Of those keys that somebody wants to know of. */
  Map<Object, E> present() {
    return rows;
  }

  List<Member<E>> arriving() {
    return arriving;
  }

  /** What a client that goes on from where it was has missed; null if it does not. */
  @Nullable Set<Object> missedBy(Member<E> member) {
    return missed.get(member);
  }

  /** Why a client that was here before cannot go on from where it was. */
  Optional<Reset> resetOf(Member<E> member) {
    return anew.getOrDefault(member, Optional.empty());
  }

  /** All rows of a list to which a client returns. */
  List<E> whole(LiveQuery<E> query) {
    return wholes.getOrDefault(query.name(), List.of());
  }

  /** The rows that a query begins with; null if it was not read, since nobody begins. */
  @Nullable Page<E> page(LiveQuery<E> query) {
    if (query.key().isPresent()) {
      var row = rows.get(query.key().get());
      return new Page<>(row == null ? List.of() : List.of(row), false);
    }
    return pages.get(query.name());
  }
}
