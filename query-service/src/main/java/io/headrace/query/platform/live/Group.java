package io.headrace.query.platform.live;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The clients of one query: they are told the same. Confined to the feed's event loop. */
final class Group<E> {

  /** One client. */
  static final class Member<E> {
    final LiveQuery<E> query;
    final Optional<String> lastEventId;
    final LiveSubscriber<E> subscriber;

    Member(LiveQuery<E> query, Optional<String> lastEventId, LiveSubscriber<E> subscriber) {
      this.query = query;
      this.lastEventId = lastEventId;
      this.subscriber = subscriber;
    }
  }

  private final LiveQuery<E> query;
  private final int maxRemembered;
  private final Set<Member<E>> members = new LinkedHashSet<>();

  // Of a list with filters: keys of all rows that some client may have. A row that is none of them
  // need not be said to have left. Of a single row: the row, while it exists.
  private final Set<Object> remembered = new HashSet<>();

  Group(LiveQuery<E> query, int maxRemembered) {
    this.query = query;
    this.maxRemembered = maxRemembered;
  }

  LiveQuery<E> query() {
    return query;
  }

  Set<Member<E>> members() {
    return members;
  }

  private boolean remembers() {
    return query.key().isPresent() || query.isFiltered();
  }

  boolean remembersTooMuch() {
    return remembered.size() > maxRemembered;
  }

  void remember(Collection<E> rows) {
    if (remembers()) {
      rows.forEach(row -> remembered.add(query.view().key().of().apply(row)));
    }
  }

  void forget() {
    remembered.clear();
  }

  /** What of these changes is to be told; null if nothing is. */
  @Nullable Told<E> tell(Iterable<Object> changed, Map<Object, E> present) {
    List<E> rows = new ArrayList<>();
    List<Object> gone = new ArrayList<>();
    for (var key : changed) {
      var row = present.get(key);
      if (row != null && query.matches().test(row)) {
        rows.add(row);
      } else if (!remembers() || remembered.remove(key)) {
        gone.add(key);
      }
    }
    remember(rows);
    return rows.isEmpty() && gone.isEmpty() ? null : new Told<>(rows, gone);
  }

  /** What is told to a client that was away: whatever it has that is not in the query any more. */
  Told<E> tellReturned(Iterable<Object> changed, Map<Object, E> present) {
    List<E> rows = new ArrayList<>();
    List<Object> gone = new ArrayList<>();
    for (var key : changed) {
      var row = present.get(key);
      if (row != null && query.matches().test(row)) {
        rows.add(row);
      } else {
        gone.add(key);
      }
    }
    remember(rows);
    return new Told<>(rows, gone);
  }

  record Told<E>(List<E> rows, List<Object> gone) {}
}
