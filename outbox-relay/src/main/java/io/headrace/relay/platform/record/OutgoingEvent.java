package io.headrace.relay.platform.record;

import org.apache.kafka.clients.producer.ProducerRecord;

/** A row and the record made of it. */
public record OutgoingEvent(LogRow row, ProducerRecord<byte[], byte[]> record) {}
