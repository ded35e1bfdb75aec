/**
 * What a context declares to be read: its views, and for those that are served as resources their
 * key, filters and sorts.
 */
@NullMarked
package io.headrace.query.platform.view;

import org.jspecify.annotations.NullMarked;
