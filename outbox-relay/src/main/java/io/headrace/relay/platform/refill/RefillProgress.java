package io.headrace.relay.platform.refill;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How far a refill is.
 *
 * @param state what it is doing
 * @param records of the topics to be compared
 * @param compared of these
 * @param log events in the event log
 * @param published of them found in the topics
 * @param twice events that were found more than once
 * @param missing events that were not found
 * @param expired of these, published and deleted from the topics since: they are left alone
 * @param refilled of the missing ones, published so far
 * @param message what it came to
 */
public record RefillProgress(
    State state,
    long records,
    long compared,
    long log,
    long published,
    long twice,
    long missing,
    long expired,
    long refilled,
    @Nullable String message) {

  /** What a refill does, in this order. */
  public enum State {
    /** None was asked for. */
    NONE,
    REQUESTED,
    /** Creates the slot anew. */
    SLOT,
    COMPARING,
    PUBLISHING,
    DONE,
    FAILED;

    public boolean ended() {
      return this == NONE || this == DONE || this == FAILED;
    }
  }

  public static RefillProgress none() {
    return new RefillProgress(State.NONE, 0, 0, 0, 0, 0, 0, 0, 0, null);
  }

  public static RefillProgress requested() {
    return none().with(State.REQUESTED, null);
  }

  /** As a person is told. */
  public String sentence() {
    return switch (state) {
      case NONE -> "no refill was asked for";
      case REQUESTED -> "waiting for the relay";
      case SLOT -> "making the slot anew, behind the transactions that are open now";
      case COMPARING ->
          compared < records
              ? "comparing: %s records of Kafka read".formatted(share(compared, records))
              : "comparing: all records of Kafka read, looking for what is missing";
      case PUBLISHING ->
          "publishing: %s missing events".formatted(share(refilled, missing - expired));
      case DONE -> "done: " + message;
      case FAILED -> "failed: " + message;
    };
  }

  private static String share(long part, long of) {
    return String.format(
        Locale.ROOT, "%,d of %,d (%d%%)", part, of, of == 0 ? 100 : 100 * part / of);
  }

  /** The end of one that came to nothing. */
  public RefillProgress failed(String why) {
    return with(State.FAILED, why);
  }

  RefillProgress with(State next, @Nullable String why) {
    return new RefillProgress(
        next, records, compared, log, published, twice, missing, expired, refilled, why);
  }

  RefillProgress withCompared(long of, long read) {
    return new RefillProgress(
        state, of, read, log, published, twice, missing, expired, refilled, message);
  }

  RefillProgress withCounts(
      long inLog, long inTopics, long moreThanOnce, long notFound, long maybeExpired) {
    return new RefillProgress(
        state,
        records,
        compared,
        inLog,
        inTopics,
        moreThanOnce,
        notFound,
        maybeExpired,
        refilled,
        message);
  }

  RefillProgress withRefilled(long count) {
    return new RefillProgress(
        state, records, compared, log, published, twice, missing, expired, count, message);
  }
}
