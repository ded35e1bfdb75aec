package io.headrace.relay.platform.run;

import io.headrace.relay.platform.record.UnrelayableEventException;
import io.headrace.relay.platform.refill.RefillProgress;
import io.headrace.relay.platform.source.SlotState;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What the relay knows of itself. Written by its threads, read by health and metrics. */
@ApplicationScoped
public class RelayStatus {

  /**
   * @param since when the relay entered this state, by {@link System#nanoTime}
   * @param reason what keeps it from its job
   */
  record State(Role role, long since, @Nullable String reason) {

    boolean working() {
      return role == Role.ACTIVE || role == Role.STANDBY;
    }
  }

  private volatile State state = new State(Role.STARTING, System.nanoTime(), "starting");

  /** Since when it has been unable to do its job, without a break; 0 while it can. */
  private volatile long idleSince = System.nanoTime();

  private volatile boolean everWorked;
  private volatile boolean everActive;
  private volatile @Nullable String lastError;
  private volatile @Nullable SlotState slot;
  private volatile @Nullable UnrelayableEventException unrelayable;
  private volatile RefillProgress refill = RefillProgress.none();

  synchronized void enter(Role role, @Nullable String reason) {
    State next = new State(role, System.nanoTime(), reason);
    if (next.working()) {
      everWorked = true;
      everActive |= role == Role.ACTIVE;
      idleSince = 0;
    } else if (idleSince == 0) {
      idleSince = System.nanoTime();
    }
    if (reason != null) {
      lastError = reason;
    }
    if (role == Role.STANDBY) {
      // Another relay has the slot, and perhaps more luck.
      unrelayable = null;
    }
    state = next;
  }

  /** Will not go on without an operator. */
  synchronized void refuse(RuntimeException refusal) {
    enter(Role.REFUSED, refusal.getMessage());
    unrelayable = refusal instanceof UnrelayableEventException e ? e : null;
  }

  /**
   * The event before which the relay has stopped; null if it has not, or for another reason. It
   * stays while the relay tries again from time to time.
   */
  @Nullable UnrelayableEventException unrelayable() {
    return unrelayable;
  }

  /** That event has been dealt with: it is parked, or others behind it are published. */
  void goesOn() {
    unrelayable = null;
  }

  void refill(RefillProgress progress) {
    refill = progress;
  }

  /** The refill under way, or the last one. */
  public RefillProgress refill() {
    return refill;
  }

  State state() {
    return state;
  }

  Role role() {
    return state.role();
  }

  @Nullable String lastError() {
    return lastError;
  }

  /** Whether everything it needs has let it do its work; a standby has not tried yet. */
  boolean everActive() {
    return everActive;
  }

  /**
   * Whether the relay does its job, or did until less than {@code grace} ago. One that has never
   * worked gets no grace, nor one that refused.
   */
  boolean ready(Duration grace) {
    State now = state;
    SlotState known = slot;
    if (known != null && known.lost() != null) {
      return false;
    }
    if (now.role() == Role.ACTIVE && unrelayable != null) {
      // It looks from time to time whether the cause is mended, and has not got past it yet.
      return false;
    }
    long idle = idleSince;
    return idle == 0
        || (everWorked
            && now.role() != Role.REFUSED
            && now.role() != Role.REFILLING
            && now.role() != Role.STOPPED
            && System.nanoTime() - idle < grace.toNanos());
  }

  void slot(@Nullable SlotState latest) {
    slot = latest;
  }

  @Nullable SlotState slot() {
    return slot;
  }
}
