/** The events of the shipping context: one stream per shipment, keyed by its order. */
@NullMarked
package io.headrace.events.contexts.shipping;

import org.jspecify.annotations.NullMarked;
