/** The event log as the command service hands it out: the worker never reads its tables. */
@NullMarked
package io.headrace.projection.platform.log;

import org.jspecify.annotations.NullMarked;
