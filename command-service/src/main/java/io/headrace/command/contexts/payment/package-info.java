/** The write side of the payment context: payments of orders. */
@NullMarked
package io.headrace.command.contexts.payment;

import org.jspecify.annotations.NullMarked;
