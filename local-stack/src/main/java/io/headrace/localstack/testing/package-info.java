/** The local stack as a resource of Quarkus tests. */
@NullMarked
package io.headrace.localstack.testing;

import org.jspecify.annotations.NullMarked;
