/** What the write path does in a second, beside a peer and the limit, on one PostgreSQL. */
@NullMarked
package io.headrace.benchmarks.append;

import org.jspecify.annotations.NullMarked;
