/** A context that exists for tests only: one package is all that it took to serve it. */
@NullMarked
package io.headrace.command.contexts.counter;

import org.jspecify.annotations.NullMarked;
