/** The write side of the review context: reviews of orders. */
@NullMarked
package io.headrace.command.contexts.review;

import org.jspecify.annotations.NullMarked;
