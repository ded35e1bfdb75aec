/**
 * Live queries: the present rows of a query, and then every change of them, without a gap or a
 * double between the two. {@link io.headrace.query.platform.live.LiveFeeds} is the door.
 */
@NullMarked
package io.headrace.query.platform.live;

import org.jspecify.annotations.NullMarked;
