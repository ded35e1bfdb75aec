/** The events of the ordering context: one stream per order. */
@NullMarked
package io.headrace.events.contexts.ordering;

import org.jspecify.annotations.NullMarked;
