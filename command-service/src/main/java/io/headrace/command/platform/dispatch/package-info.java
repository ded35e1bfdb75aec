/**
 * The one way in for a command, whoever sends it: {@link CommandDispatcher} binds it, has it
 * decided and appended, and tells the outcome. HTTP and the process managers are its clients.
 */
@NullMarked
package io.headrace.command.platform.dispatch;

import org.jspecify.annotations.NullMarked;
