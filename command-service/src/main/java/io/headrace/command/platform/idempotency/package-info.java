/** Forgets the answers of commands after their retention. */
@NullMarked
package io.headrace.command.platform.idempotency;

import org.jspecify.annotations.NullMarked;
