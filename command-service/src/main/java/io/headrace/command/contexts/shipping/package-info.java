/** The write side of the shipping context: shipments of orders. */
@NullMarked
package io.headrace.command.contexts.shipping;

import org.jspecify.annotations.NullMarked;
