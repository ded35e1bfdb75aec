package io.headrace.command.platform.dispatch;

import io.headrace.command.platform.dispatch.CommandOutcome.Decided;
import io.headrace.command.platform.dispatch.CommandOutcome.KeyReused;
import io.headrace.command.platform.dispatch.CommandUnavailableException.Effect;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The commands between their arrival and their answer: how many there may be, who has which
 * idempotency key, and who is answered when.
 *
 * <p>Of those with one key the first is carried out and the others follow it. But for {@link
 * #enter} and the gauges, everything here belongs to the turns of {@link CommandLane}.
 */
final class InFlight {

  private final CommandConfig config;
  private final AtomicInteger number = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private final Map<String, Pending> keys = new HashMap<>();

  InFlight(CommandConfig config) {
    this.config = config;
  }

  int number() {
    return number.get();
  }

  long bytes() {
    return bytes.get();
  }

  /**
   * By any thread.
   *
   * @return whether there is room for it; else it has been answered with that
   */
  boolean enter(Pending pending) {
    long all = bytes.addAndGet(pending.bytes);
    // One that is alone is let in, however large it is.
    boolean tooMuch = all > config.queueSize().asLongValue() && all > pending.bytes;
    if (number.incrementAndGet() <= config.queueCapacity() && !tooMuch) {
      return true;
    }
    leave(pending);
    pending.reply.completeExceptionally(
        new CommandUnavailableException(
            Effect.NONE, config.retryAfter(), "too many commands are waiting", null));
    return false;
  }

  /** Whether it follows another with its key, and is answered with it. */
  boolean follows(Pending pending) {
    if (pending.key == null) {
      return false;
    }
    Pending leader = keys.putIfAbsent(pending.key, pending);
    if (leader == null || leader == pending) {
      return false;
    }
    leader.followers.add(pending);
    return true;
  }

  /**
   * @return those that are to be carried out now, as nothing is remembered for the key
   */
  List<Pending> complete(Pending pending, @Nullable CommandOutcome outcome) {
    if (!release(pending)) {
      return List.of();
    }
    pending.reply.complete(outcome);
    if (!(outcome instanceof Decided decided)) {
      return pending.followers;
    }
    for (Pending follower : pending.followers) {
      release(follower);
      follower.reply.complete(repeated(follower, decided, pending.fingerprint));
    }
    return List.of();
  }

  /**
   * @return those that are to be carried out now: another command, perhaps the corrected one
   */
  List<Pending> fail(Pending pending, RuntimeException failure) {
    if (!release(pending)) {
      return List.of();
    }
    pending.reply.completeExceptionally(failure);
    List<Pending> others = new ArrayList<>(0);
    for (Pending follower : pending.followers) {
      if (failure instanceof DefectException
          && !Arrays.equals(follower.fingerprint, pending.fingerprint)) {
        others.add(follower);
      } else {
        release(follower);
        follower.reply.completeExceptionally(failure);
      }
    }
    return others;
  }

  /**
   * @param first the answer that the key got, for the command of this fingerprint
   */
  static CommandOutcome repeated(Pending pending, Decided first, byte[] fingerprint) {
    return Arrays.equals(fingerprint, pending.fingerprint)
        ? first.asReplay()
        : new KeyReused(pending.key, first.streamId().equals(pending.streamId));
  }

  private boolean release(Pending pending) {
    if (pending.done) {
      return false;
    }
    pending.done = true;
    leave(pending);
    if (pending.key != null) {
      keys.remove(pending.key, pending);
    }
    return true;
  }

  private void leave(Pending pending) {
    number.decrementAndGet();
    bytes.addAndGet(-pending.bytes);
  }
}
