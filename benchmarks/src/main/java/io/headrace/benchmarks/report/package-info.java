/** What benchmarks print and write. */
@NullMarked
package io.headrace.benchmarks.report;

import org.jspecify.annotations.NullMarked;
