/**
 * The mechanism of the contract: what an event is in the log and on Kafka, how it is read and
 * written, and how older versions are lifted.
 */
@NullMarked
package io.headrace.events.platform;

import org.jspecify.annotations.NullMarked;
