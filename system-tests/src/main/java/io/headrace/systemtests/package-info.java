/** The commands that people type: replay real orders, and make orders to replay. */
@NullMarked
package io.headrace.systemtests;

import org.jspecify.annotations.NullMarked;
