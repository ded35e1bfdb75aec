/** The events of the payment context: one stream per payment, keyed by its order. */
@NullMarked
package io.headrace.events.contexts.payment;

import org.jspecify.annotations.NullMarked;
