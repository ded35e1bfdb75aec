/** A context that exists in the tests alone: this package, and a migration, are all it takes. */
@NullMarked
package io.headrace.projection.contexts.sample;

import org.jspecify.annotations.NullMarked;
