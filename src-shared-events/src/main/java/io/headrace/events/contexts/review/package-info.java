/** The events of the review context: one stream per review, keyed by its order. */
@NullMarked
package io.headrace.events.contexts.review;

import org.jspecify.annotations.NullMarked;
