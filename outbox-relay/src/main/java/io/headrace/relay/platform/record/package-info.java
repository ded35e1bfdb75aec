/** From a row of the event log to a Kafka record. */
@NullMarked
package io.headrace.relay.platform.record;

import org.jspecify.annotations.NullMarked;
