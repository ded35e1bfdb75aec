/** The write side of the ordering context: orders, and the process that fulfils them. */
@NullMarked
package io.headrace.command.contexts.ordering;

import org.jspecify.annotations.NullMarked;
