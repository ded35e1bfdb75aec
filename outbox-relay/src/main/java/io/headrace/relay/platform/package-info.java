/** The relay: what is appended to the event log is on Kafka soon after, once, and in order. */
@NullMarked
package io.headrace.relay.platform;

import org.jspecify.annotations.NullMarked;
