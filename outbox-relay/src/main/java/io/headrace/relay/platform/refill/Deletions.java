package io.headrace.relay.platform.refill;

import io.headrace.relay.platform.kafka.PublishedEvents;
import io.headrace.relay.platform.source.LogSnapshot.Missing;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells what was published and has been deleted from the topic since, by its retention or by hand,
 * from what was never published.
 *
 * <p>Both need records to have been deleted from the partition at all. Then, of a stream that Kafka
 * holds something of, whatever comes before that was published before it: the relay never skips. Of
 * a stream that Kafka holds nothing of, the heartbeat tells: all that was committed before it has
 * been published. The log does not say when an event was committed, only when it was recorded,
 * shortly before and by another clock; so what was recorded shortly before the last heartbeat
 * counts as never published. An event too much is one that consumers know; an event too few is
 * lost.
 */
final class Deletions {

  /** More than clocks differ, and than a transaction of the log takes. */
  private static final Duration UNCERTAIN = Duration.ofMinutes(1);

  private final PublishedEvents published;
  private final long publishedUpTo;

  /**
   * @param heartbeat everything that was committed before has been published; null if that is not
   *     known
   */
  Deletions(PublishedEvents published, @Nullable Instant heartbeat) {
    this.published = published;
    this.publishedUpTo =
        heartbeat == null
            ? Long.MIN_VALUE
            : ChronoUnit.MICROS.between(Instant.EPOCH, heartbeat.minus(UNCERTAIN));
  }

  boolean of(Missing missing) {
    if (!published.truncated(missing.row().context(), missing.row().partitionKey())) {
      return false;
    }
    return missing.first() == null
        ? missing.row().recordedAt() < publishedUpTo
        : missing.row().streamVersion() < missing.first();
  }
}
