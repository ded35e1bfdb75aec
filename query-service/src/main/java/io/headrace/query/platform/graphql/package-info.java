/**
 * GraphQL over the views that are declared: their schema, their queries, and what belongs to their
 * rows. A context writes nothing for it.
 */
@NullMarked
package io.headrace.query.platform.graphql;

import org.jspecify.annotations.NullMarked;
