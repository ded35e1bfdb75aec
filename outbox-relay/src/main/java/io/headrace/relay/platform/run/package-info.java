/** The life of the relay: supervision, health, metrics. */
@NullMarked
package io.headrace.relay.platform.run;

import org.jspecify.annotations.NullMarked;
