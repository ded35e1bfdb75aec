package io.headrace.query.platform.view;

/**
 * A list of one owner's rows, at {@code /{collection}/{value}/{name of the view}}. An owner without
 * rows has an empty list: a view does not know which owners exist.
 *
 * @param collection what the owners are called, plural
 * @param attribute the filter that names the owner
 */
public record Within(String collection, String attribute) {}
