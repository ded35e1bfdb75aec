/** How fast views are folded and rebuilt. */
@NullMarked
package io.headrace.benchmarks.projection;

import org.jspecify.annotations.NullMarked;
