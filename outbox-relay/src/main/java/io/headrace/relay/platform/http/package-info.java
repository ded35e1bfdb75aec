/** The operator's commands over HTTP. */
@NullMarked
package io.headrace.relay.platform.http;

import org.jspecify.annotations.NullMarked;
