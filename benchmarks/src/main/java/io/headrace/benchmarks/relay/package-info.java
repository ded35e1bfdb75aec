/** The relay beside its peers and the limit. */
@NullMarked
package io.headrace.benchmarks.relay;

import org.jspecify.annotations.NullMarked;
