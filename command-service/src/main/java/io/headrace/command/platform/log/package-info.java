/**
 * The event log in PostgreSQL. The door is {@link EventLog}; what is above it knows no SQL, what is
 * in here knows no command.
 */
@NullMarked
package io.headrace.command.platform.log;

import org.jspecify.annotations.NullMarked;
