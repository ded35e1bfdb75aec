/** Where in the log the relay is, in terms that survive a restart of anything. */
@NullMarked
package io.headrace.relay.platform.position;

import org.jspecify.annotations.NullMarked;
