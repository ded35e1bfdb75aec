@NullMarked
package io.headrace.projection.contexts.ordering;

import org.jspecify.annotations.NullMarked;
