/**
 * The one way to the read tables: guarded, measured, and with the position of the view that was
 * read.
 */
@NullMarked
package io.headrace.query.platform.read;

import org.jspecify.annotations.NullMarked;
