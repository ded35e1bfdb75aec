@NullMarked
package io.headrace.query.testing;

import org.jspecify.annotations.NullMarked;
