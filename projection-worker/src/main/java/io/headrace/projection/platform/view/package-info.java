/** What a context declares to have a read table: views of events, and rollups of a view's rows. */
@NullMarked
package io.headrace.projection.platform.view;

import org.jspecify.annotations.NullMarked;
