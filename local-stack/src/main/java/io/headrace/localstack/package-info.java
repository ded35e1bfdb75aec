/**
 * A real PostgreSQL, a real Kafka and the four services as processes of their own, without Docker.
 */
@NullMarked
package io.headrace.localstack;

import org.jspecify.annotations.NullMarked;
