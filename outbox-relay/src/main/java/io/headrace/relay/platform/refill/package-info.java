/** Makes Kafka complete again from the event log, when the slot cannot. */
@NullMarked
package io.headrace.relay.platform.refill;

import org.jspecify.annotations.NullMarked;
