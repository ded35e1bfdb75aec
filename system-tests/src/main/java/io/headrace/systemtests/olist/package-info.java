@NullMarked
package io.headrace.systemtests.olist;

import org.jspecify.annotations.NullMarked;
