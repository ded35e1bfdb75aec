/**
 * What a bounded context implements to be served: an {@link AggregateDefinition} with its decider,
 * and {@link ProcessManager}s for its reactions. Nothing here knows HTTP, SQL or Kafka.
 */
@NullMarked
package io.headrace.command.platform.spi;

import org.jspecify.annotations.NullMarked;
