/** How views are asked for over HTTP: the endpoints they get by themselves, pages, problems. */
@NullMarked
package io.headrace.query.platform.http;

import org.jspecify.annotations.NullMarked;
