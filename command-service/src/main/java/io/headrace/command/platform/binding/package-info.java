/**
 * From JSON to the record of a command, strictly: whatever is not exactly as the record says is
 * refused, all of it at once, each with the path of its field. {@link Shape} is the one reading of
 * a record's components; binding and the API description both follow it.
 */
@NullMarked
package io.headrace.command.platform.binding;

import org.jspecify.annotations.NullMarked;
