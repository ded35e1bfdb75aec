/** The Kafka side: one transactional session that publishes events and their position together. */
@NullMarked
package io.headrace.relay.platform.kafka;

import org.jspecify.annotations.NullMarked;
