@NullMarked
package io.headrace.systemtests.replay;

import org.jspecify.annotations.NullMarked;
