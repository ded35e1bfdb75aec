/** From a command to the first answer that shows it, and the stages between. */
@NullMarked
package io.headrace.benchmarks.latency;

import org.jspecify.annotations.NullMarked;
