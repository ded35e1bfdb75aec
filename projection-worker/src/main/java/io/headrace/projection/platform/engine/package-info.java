/**
 * Folds events from Kafka into the tables of views: one transaction per batch and view holds the
 * rows, their rollups and the progress.
 */
@NullMarked
package io.headrace.projection.platform.engine;

import org.jspecify.annotations.NullMarked;
