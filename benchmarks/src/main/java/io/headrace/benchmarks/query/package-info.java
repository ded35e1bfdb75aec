/** {@code make bench-query}: reads of views, and the limit. */
@NullMarked
package io.headrace.benchmarks.query;

import org.jspecify.annotations.NullMarked;
