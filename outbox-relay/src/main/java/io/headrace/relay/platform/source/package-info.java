/** The PostgreSQL side: the slot, and the Debezium engine that reads it. */
@NullMarked
package io.headrace.relay.platform.source;

import org.jspecify.annotations.NullMarked;
