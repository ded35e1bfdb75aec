/** What an operator types. Talks to a worker over HTTP, as anyone could. */
@NullMarked
package io.headrace.projection.platform.cli;

import org.jspecify.annotations.NullMarked;
