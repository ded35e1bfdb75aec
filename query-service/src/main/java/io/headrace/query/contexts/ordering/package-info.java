/** Orders, sellers and sales of the marketplace. */
@NullMarked
package io.headrace.query.contexts.ordering;

import org.jspecify.annotations.NullMarked;
