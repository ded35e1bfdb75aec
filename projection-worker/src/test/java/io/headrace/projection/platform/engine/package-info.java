@NullMarked
package io.headrace.projection.platform.engine;

import org.jspecify.annotations.NullMarked;
