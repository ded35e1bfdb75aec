package io.headrace.query.platform.view;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * What belongs to the rows of a view in another one. A client of GraphQL finds it as a field of the
 * row; for however many rows it is loaded by one call.
 *
 * @param name of the field
 * @param type of what is found: a representation
 * @param keys the keys that a representation of the view has there, perhaps none; pure
 * @param load key → what is found by it; what has no entry does not exist. Called within a session,
 *     once for all rows of an answer
 * @param <R> the representation of the view
 * @param <K> the keys
 * @param <T> what is found
 */
public record Relation<R, K, T>(
    String name,
    Class<T> type,
    Function<R, List<K>> keys,
    Function<Set<K>, Uni<Map<K, List<T>>>> load) {}
