package io.headrace.query.platform.graphql;

import graphql.schema.DataFetchingFieldSelectionSet;
import io.headrace.query.platform.view.Relation;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/**
 * Representations as GraphQL wants them, with what belongs to them where a request asks for it.
 * Each relation is loaded once for all rows of an answer: the number of statements depends on how
 * deep a request asks, not on how many rows there are.
 */
record Expansion(RowTypes types, Members members) {

  /**
   * Within a session.
   *
   * @param asked what the request asks for
   * @param path to the rows in it, ending with a slash if it is not empty
   */
  <R> Uni<List<Map<String, Object>>> expand(
      Class<R> type,
      List<R> rows,
      DataFetchingFieldSelectionSet asked,
      String path,
      Budget budget) {
    var expanded = rows.stream().map(members::of).toList();
    var done = Uni.createFrom().voidItem();
    for (var relation : relations(type)) {
      if (asked.contains(path + relation.name())) {
        done = done.chain(() -> attach(relation, rows, expanded, asked, path, budget));
      }
    }
    return done.replaceWith(expanded);
  }

  @SuppressWarnings("unchecked") // A view's relations are those of its representation.
  private <R> List<Relation<R, ?, ?>> relations(Class<R> type) {
    var view = types.viewOf(type);
    return view == null ? List.of() : (List<Relation<R, ?, ?>>) (List<?>) view.relations();
  }

  private <R, K, T> Uni<Void> attach(
      Relation<R, K, T> relation,
      List<R> rows,
      List<Map<String, Object>> expanded,
      DataFetchingFieldSelectionSet asked,
      String path,
      Budget budget) {
    var wanted = new LinkedHashSet<K>();
    rows.forEach(it -> wanted.addAll(relation.keys().apply(it)));
    Uni<Map<K, List<T>>> loading =
        wanted.isEmpty() ? Uni.createFrom().item(Map.of()) : relation.load().apply(wanted);
    return loading.chain(
        found -> {
          var keys = List.copyOf(found.keySet());
          var all = new ArrayList<T>();
          keys.forEach(it -> all.addAll(found.get(it)));
          budget.rows(all.size());
          return expand(relation.type(), all, asked, path + relation.name() + "/", budget)
              .invoke(
                  related -> {
                    var byKey = new HashMap<K, List<Map<String, Object>>>();
                    var place = 0;
                    for (var key : keys) {
                      var end = place + found.get(key).size();
                      byKey.put(key, related.subList(place, end));
                      place = end;
                    }
                    for (int i = 0; i < rows.size(); i++) {
                      var its = new ArrayList<Map<String, Object>>();
                      for (var key : relation.keys().apply(rows.get(i))) {
                        its.addAll(byKey.getOrDefault(key, List.of()));
                      }
                      expanded.get(i).put(relation.name(), its);
                    }
                  })
              .replaceWithVoid();
        });
  }
}
