/** A context that exists for tests only: it proves that one package is all a context needs. */
@NullMarked
package io.headrace.query.contexts.almanac;

import org.jspecify.annotations.NullMarked;
