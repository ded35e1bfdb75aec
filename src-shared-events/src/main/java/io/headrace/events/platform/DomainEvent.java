package io.headrace.events.platform;

/**
 * A fact that a context has recorded. Implemented by one sealed interface per context, whose
 * records are the event types listed in that context's {@link ContextEvents}.
 */
public interface DomainEvent {

  /**
   * The Kafka key. Every event of one stream returns the same value, so that the stream stays in
   * one partition; streams that belong to one process (an order, its payments, its shipment) share
   * it.
   */
  String partitionKey();
}
