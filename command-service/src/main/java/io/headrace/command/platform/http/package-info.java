/** HTTP: the generic endpoints of all contexts, and errors as RFC 9457 says. */
@NullMarked
package io.headrace.command.platform.http;

import org.jspecify.annotations.NullMarked;
