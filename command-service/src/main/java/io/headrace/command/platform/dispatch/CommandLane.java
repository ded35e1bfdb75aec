package io.headrace.command.platform.dispatch;

import io.headrace.command.platform.dispatch.CommandOutcome.Contended;
import io.headrace.command.platform.dispatch.CommandOutcome.Decided;
import io.headrace.command.platform.dispatch.CommandOutcome.KeyReused;
import io.headrace.command.platform.dispatch.CommandUnavailableException.Effect;
import io.headrace.command.platform.log.AppendRefusedException;
import io.headrace.command.platform.log.EventLog;
import io.headrace.command.platform.log.EventLog.AppendResult;
import io.headrace.command.platform.log.EventLog.KnownAnswer;
import io.headrace.command.platform.log.EventLog.StreamAppend;
import io.headrace.command.platform.log.LogUnavailableException;
import io.quarkus.logging.Log;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.impl.VertxInternal;
import jakarta.inject.Singleton;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Group commit. Commands from all threads are decided one after another and appended in batches,
 * one batch on its way at a time. There is no timer: a lone command goes at once; what comes while
 * a batch is on its way makes up the next.
 *
 * <p><b>Confinement.</b> Everything but {@link #depth} and {@link #bytes} is touched within {@link
 * #turns} only: callbacks of the log take a turn too.
 *
 * <p><b>Order.</b> Commands of one stream stay in their order of arrival: {@code ready} is a queue;
 * those whose stream is being read wait in {@code reading} together with later ones of that stream
 * and return to the front. A command that lost to another replica is decided again at its place.
 *
 * <p><b>Truth.</b> A state from the cache may be out of date, so no outcome is told before the log
 * has confirmed the version it was decided on: an append does that as it advances the head, a
 * rejection or an empty acceptance goes along in the batch to be verified. A stream that is not in
 * the cache is taken for new if the command is accepted on the initial state; then the append
 * confirms that or conflicts. In any other case it is read first.
 *
 * <p><b>Keys.</b> A second command with the key of one that is on its way follows it and gets its
 * answer, so no key is twice in a batch; between replicas the log decides.
 */
@Singleton
class CommandLane {

  /** More would make one statement too large to be quick; neighbours would feel it. */
  private static final int MAX_BATCH_BYTES = 4 * 1024 * 1024;

  private static final long NO_CONFLICT = -1;

  private final EventLog log;
  private final States states;
  private final StateCache cache;
  private final Snapshots snapshots;
  private final LaneMetrics metrics;
  private final CommandConfig config;
  private final Decisions decisions;
  private final Turns turns;

  private final AtomicInteger depth = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  private final Deque<Pending> ready = new ArrayDeque<>();
  private final Map<String, List<Pending>> reading = new HashMap<>();
  private final Map<String, VersionedState> justRead = new HashMap<>();
  private final Map<String, Pending> keys = new HashMap<>();
  private boolean appending;

  CommandLane(
      EventLog log,
      States states,
      StateCache cache,
      Snapshots snapshots,
      LaneMetrics metrics,
      CommandConfig config,
      Vertx vertx) {
    this.log = log;
    this.states = states;
    this.cache = cache;
    this.snapshots = snapshots;
    this.metrics = metrics;
    this.config = config;
    this.decisions = new Decisions((int) config.maxEventSize().asLongValue());
    this.turns = new Turns((VertxInternal) vertx);
    metrics.watch(depth, bytes, cache);
  }

  /** Never blocks; the reply is completed on some event loop. */
  void submit(Pending pending) {
    long waiting = bytes.addAndGet(pending.bytes);
    // One that is alone is let in, however large it is.
    boolean tooMuch = waiting > config.queueSize().asLongValue() && waiting > pending.bytes;
    if (depth.incrementAndGet() > config.queueCapacity() || tooMuch) {
      leave(pending);
      pending.reply.completeExceptionally(
          new CommandUnavailableException(
              Effect.NONE, config.retryAfter(), "too many commands are waiting", null));
      return;
    }
    turns.execute(
        () -> {
          admit(pending);
          nextBatch();
        });
  }

  private void admit(Pending pending) {
    if (pending.key != null) {
      Pending leader = keys.putIfAbsent(pending.key, pending);
      if (leader != null && leader != pending) {
        leader.followers.add(pending);
        return;
      }
    }
    ready.addLast(pending);
  }

  private void nextBatch() {
    while (!appending && !ready.isEmpty()) {
      List<Group> batch = decide();
      if (!batch.isEmpty()) {
        append(batch);
      }
    }
  }

  private List<Group> decide() {
    var groups = new LinkedHashMap<String, Group>();
    int taken = 0;
    long payload = 0;
    boolean alone = false;
    while (!alone && taken < config.maxBatch() && payload < MAX_BATCH_BYTES) {
      Pending pending = ready.peek();
      if (pending == null || (pending.alone && !groups.isEmpty())) {
        break;
      }
      ready.remove();
      List<Pending> waiting = reading.get(pending.streamId);
      if (waiting != null) {
        waiting.add(pending);
        continue;
      }
      taken++;
      Group group = groups.get(pending.streamId);
      if (group == null) {
        group = start(pending);
      }
      if (!decideIn(group, pending)) {
        continue;
      }
      groups.putIfAbsent(pending.streamId, group);
      alone = pending.alone;
      for (EventLog.NewEvent event : pending.events) {
        payload += event.payload().length() + (long) event.metadata().length();
      }
    }
    metrics.batch(taken);
    return List.copyOf(groups.values());
  }

  private Group start(Pending pending) {
    VersionedState read = justRead.remove(pending.streamId);
    Kept cached = cache.get(pending.streamId);
    metrics.cache(cached != null);
    VersionedState state = read;
    if (cached != null && (read == null || cached.version() > read.version())) {
      state = restored(pending, cached, read);
    }
    return state == null
        ? new Group(pending.streamId, pending.aggregate.initial(), true)
        : new Group(pending.streamId, state, false);
  }

  /** If the context does not understand its own events, the log tells what is wrong with them. */
  private @Nullable VersionedState restored(
      Pending pending, Kept cached, @Nullable VersionedState otherwise) {
    try {
      return cached.restore(pending.aggregate);
    } catch (RuntimeException | Error e) {
      cache.remove(pending.streamId);
      return otherwise;
    }
  }

  /** Whether the command has become a member of the group. */
  private boolean decideIn(Group group, Pending pending) {
    VersionedState after;
    try {
      after = decisions.decide(pending, group.state);
    } catch (RuntimeException | Error e) {
      if (group.assumedNew && group.members.isEmpty()) {
        readFirst(pending);
      } else {
        fail(pending, defect(pending, e));
      }
      return false;
    }
    if (group.assumedNew && group.members.isEmpty() && pending.events.isEmpty()) {
      readFirst(pending);
      return false;
    }
    group.state = after;
    group.members.add(pending);
    return true;
  }

  private static DefectException defect(Pending pending, Throwable cause) {
    String incident = UUID.randomUUID().toString();
    // The message of the exception could hold what the client sent; its trace tells enough.
    Log.errorf(
        new IllegalStateException(
            "at " + Arrays.stream(cause.getStackTrace()).limit(12).map(String::valueOf).toList()),
        "incident %s: %s of %s failed with %s",
        incident,
        pending.command.getClass().getSimpleName(),
        pending.streamId,
        cause.getClass().getName());
    return new DefectException(incident, cause);
  }

  private void readFirst(Pending pending) {
    List<Pending> waiting = new ArrayList<>(1);
    waiting.add(pending);
    read(pending.aggregate, pending.streamId, waiting, NO_CONFLICT);
  }

  /**
   * Reads the stream; the commands wait and return to the front.
   *
   * @param conflictedAt the version that the log has denied, or {@link #NO_CONFLICT}
   */
  private void read(
      Aggregate aggregate, String streamId, List<Pending> waiting, long conflictedAt) {
    reading.put(streamId, waiting);
    states
        .current(aggregate, streamId)
        .flatMap(
            state ->
                // Denied, and yet nothing newer: the log has gone back behind the cache (a
                // restore).
                state.version() == conflictedAt
                    ? states.fromScratch(aggregate, streamId)
                    : Uni.createFrom().item(state))
        .subscribe()
        .with(
            found -> turns.execute(() -> hasRead(streamId, found)),
            failure -> turns.execute(() -> cannotRead(streamId, failure)));
  }

  private void hasRead(String streamId, VersionedState state) {
    List<Pending> waiting = reading.remove(streamId);
    justRead.put(streamId, state);
    toFront(waiting);
    nextBatch();
  }

  private void cannotRead(String streamId, Throwable failure) {
    for (Pending pending : reading.remove(streamId)) {
      fail(
          pending,
          failure instanceof LogUnavailableException
              ? new CommandUnavailableException(
                  Effect.NONE, config.retryAfter(), failure.getMessage(), failure)
              : defect(pending, failure));
    }
    nextBatch();
  }

  private void toFront(List<Pending> commands) {
    for (int i = commands.size() - 1; i >= 0; i--) {
      ready.addFirst(commands.get(i));
    }
  }

  private void append(List<Group> batch) {
    appending = true;
    List<StreamAppend> appends;
    try {
      appends = batch.stream().map(Group::append).toList();
    } catch (RuntimeException | Error e) {
      notAppended(batch, e);
      return;
    }
    log.append(appends)
        .subscribe()
        .with(
            result -> turns.execute(() -> appended(batch, result)),
            failure -> turns.execute(() -> notAppended(batch, failure)));
  }

  private void appended(List<Group> batch, AppendResult result) {
    appending = false;
    List<Pending> again = new ArrayList<>(0);
    for (int i = 0; i < batch.size(); i++) {
      Group group = batch.get(i);
      if (result.done()[i]) {
        carriedOut(group, result, again);
      } else if (group.members.stream().anyMatch(p -> known(p, result) != null)) {
        answerKnown(group, result, again);
      } else {
        conflict(group);
      }
    }
    toFront(again);
    nextBatch();
  }

  private void carriedOut(Group group, AppendResult result, List<Pending> again) {
    if (group.state.version() > 0) {
      cache.put(group.streamId, group.state);
    }
    boolean nothingAppended = group.state.version() == group.base;
    for (Pending member : group.members) {
      if (nothingAppended
          && member.key != null
          && member.outcome instanceof Decided
          && !result.remembered().contains(member.key)) {
        again.add(member); // another replica took the key in this moment: its answer is ours
      } else {
        complete(member, member.outcome);
      }
    }
    snapshots.reached(group.members.getFirst().aggregate, group.streamId, group.base, group.state);
  }

  private static @Nullable KnownAnswer known(Pending pending, AppendResult result) {
    return pending.key == null ? null : result.known().get(pending.key);
  }

  private void answerKnown(Group group, AppendResult result, List<Pending> again) {
    for (Pending member : group.members) {
      KnownAnswer known = known(member, result);
      if (known == null) {
        again.add(member);
      } else {
        complete(member, repeated(member, Answers.read(known.answer()), known.fingerprint()));
      }
    }
  }

  /**
   * @param first the answer that the key got, for the command of this fingerprint
   */
  private static CommandOutcome repeated(Pending pending, Decided first, byte[] fingerprint) {
    return Arrays.equals(fingerprint, pending.fingerprint)
        ? first.asReplay()
        : new KeyReused(pending.key, first.streamId().equals(pending.streamId));
  }

  private void conflict(Group group) {
    metrics.conflict();
    List<Pending> again = new ArrayList<>(group.members.size());
    for (Pending member : group.members) {
      member.conflicts++;
      if (member.conflicts >= config.maxAttempts()) {
        complete(member, new Contended(member.streamId, member.conflicts));
      } else {
        again.add(member);
      }
    }
    if (!again.isEmpty()) {
      read(again.getFirst().aggregate, group.streamId, again, group.base);
    }
  }

  private void notAppended(List<Group> batch, Throwable failure) {
    appending = false;
    List<Pending> members = batch.stream().flatMap(g -> g.members.stream()).toList();
    if (failure instanceof AppendRefusedException && members.size() > 1) {
      // One of them cannot be stored, and everything was rolled back. Its neighbours must not
      // suffer.
      members.forEach(member -> member.alone = true);
      toFront(members);
    } else {
      batch.forEach(group -> cache.remove(group.streamId));
      for (Pending member : members) {
        fail(
            member,
            failure instanceof LogUnavailableException unavailable
                ? new CommandUnavailableException(
                    unavailable.effectUnknown() ? Effect.UNKNOWN : Effect.NONE,
                    config.retryAfter(),
                    unavailable.getMessage(),
                    unavailable)
                : defect(member, failure));
      }
    }
    nextBatch();
  }

  private void complete(Pending pending, @Nullable CommandOutcome outcome) {
    if (!release(pending)) {
      return;
    }
    pending.reply.complete(outcome);
    List<Pending> followers = pending.followers;
    if (outcome instanceof Decided decided) {
      for (Pending follower : followers) {
        release(follower);
        follower.reply.complete(repeated(follower, decided, pending.fingerprint));
      }
    } else {
      // Nothing is remembered, so the next of them is the first to try.
      followers.forEach(this::admit);
    }
  }

  private void fail(Pending pending, RuntimeException failure) {
    if (!release(pending)) {
      return;
    }
    pending.reply.completeExceptionally(failure);
    for (Pending follower : pending.followers) {
      if (failure instanceof DefectException
          && !Arrays.equals(follower.fingerprint, pending.fingerprint)) {
        admit(follower); // another command, perhaps the corrected one
      } else {
        release(follower);
        follower.reply.completeExceptionally(failure);
      }
    }
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
    depth.decrementAndGet();
    bytes.addAndGet(-pending.bytes);
  }
}
