/**
 * Describes the API command by command. It is made at start from the aggregates and the shapes that
 * binding uses, so the description cannot differ from what is accepted; it reads nothing but
 * records that are registered for reflection, so it is the same in a native image.
 */
@NullMarked
package io.headrace.command.platform.openapi;

import org.jspecify.annotations.NullMarked;
