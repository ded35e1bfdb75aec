package io.headrace.command.platform.dispatch;

import io.headrace.command.platform.dispatch.CommandOutcome.Contended;
import io.headrace.command.platform.dispatch.CommandOutcome.Decided;
import io.headrace.command.platform.dispatch.CommandUnavailableException.Effect;
import io.headrace.command.platform.log.AppendRefusedException;
import io.headrace.command.platform.log.EventLog;
import io.headrace.command.platform.log.EventLog.AppendResult;
import io.headrace.command.platform.log.EventLog.KnownAnswer;
import io.headrace.command.platform.log.EventLog.StreamLock;
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
import java.util.Queue;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Group commit. Commands from all threads are decided one after another and appended in batches,
 * one batch on its way at a time. There is no timer: a lone command goes at once; what comes while
 * a batch is on its way makes up the next.
 *
 * <p><b>Confinement.</b> Everything here is touched within {@link #turns} only: callbacks of the
 * log take a turn too.
 *
 * <p><b>Order.</b> Commands of one stream stay in their order of arrival: {@code ready} is a queue;
 * those whose stream is being read wait in {@code reading} together with later ones of that stream
 * and return to the front. A command that lost to another replica is decided again at its place; if
 * it keeps losing, on a stream that is locked for it.
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

  /** The first conflict tells that the state was out of date, more of them that it is contended. */
  private static final int CONFLICTS_BEFORE_LOCK = 3;

  /** Each takes a session of the pool, and appends and reads need theirs. */
  private static final int MAX_LOCKS = 2;

  private static final long NO_CONFLICT = -1;

  /**
   * A stream to be locked.
   *
   * @param conflictedAt the version that the log has denied
   * @param commands that lost there; they are the first of those that wait for it
   */
  private record Contention(
      Aggregate aggregate, String streamId, long conflictedAt, int commands) {}

  private final EventLog log;
  private final States states;
  private final StateCache cache;
  private final Snapshots snapshots;
  private final LaneMetrics metrics;
  private final CommandConfig config;
  private final Decisions decisions;
  private final InFlight inFlight;
  private final Turns turns;

  private final Deque<Pending> ready = new ArrayDeque<>();
  private final Map<String, List<Pending>> reading = new HashMap<>();
  private final Map<String, VersionedState> justRead = new HashMap<>();
  private final Queue<Contention> contended = new ArrayDeque<>();
  private int locks;
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
    this.inFlight = new InFlight(config);
    this.turns = new Turns((VertxInternal) vertx);
    metrics.watch(inFlight, cache);
  }

  /** Never blocks; the reply is completed on some event loop. */
  void submit(Pending pending) {
    if (!inFlight.enter(pending)) {
      return;
    }
    turns.execute(
        () -> {
          admit(pending);
          nextBatch();
        });
  }

  private void admit(Pending pending) {
    if (!inFlight.follows(pending)) {
      ready.addLast(pending);
    }
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
    current(aggregate, streamId, conflictedAt)
        .subscribe()
        .with(
            found -> turns.execute(() -> hasRead(streamId, found)),
            failure -> turns.execute(() -> cannotRead(streamId, failure)));
  }

  private Uni<VersionedState> current(Aggregate aggregate, String streamId, long conflictedAt) {
    return states
        .current(aggregate, streamId)
        .flatMap(
            state ->
                // Denied, and yet nothing newer: the log has gone back behind the cache (a
                // restore).
                state.version() == conflictedAt
                    ? states.fromScratch(aggregate, streamId)
                    : Uni.createFrom().item(state));
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
    whenDone(
        Uni.createFrom().deferred(() -> log.append(batch.stream().map(Group::append).toList())),
        batch,
        () -> appending = false);
  }

  private void whenDone(Uni<AppendResult> append, List<Group> batch, Runnable first) {
    append
        .subscribe()
        .with(
            result ->
                turns.execute(
                    () -> {
                      first.run();
                      appended(batch, result);
                    }),
            failure ->
                turns.execute(
                    () -> {
                      first.run();
                      notAppended(batch, failure);
                    }));
  }

  private void appended(List<Group> batch, AppendResult result) {
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
        complete(
            member, InFlight.repeated(member, Answers.read(known.answer()), known.fingerprint()));
      }
    }
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
    if (again.isEmpty()) {
      return;
    }
    Aggregate aggregate = again.getFirst().aggregate;
    if (again.getFirst().conflicts < CONFLICTS_BEFORE_LOCK) {
      read(aggregate, group.streamId, again, group.base);
    } else {
      reading.put(group.streamId, again);
      contended.add(new Contention(aggregate, group.streamId, group.base, again.size()));
      lockNext();
    }
  }

  /**
   * Whoever appends without a read is faster than who reads first, as long as there is no end of
   * commands for the stream on that replica. So a replica that keeps losing takes its turn by a
   * lock, reads, decides, and appends under it. What else is in the lane goes on meanwhile; later
   * commands for the stream wait.
   */
  private void lockNext() {
    while (locks < MAX_LOCKS && !contended.isEmpty()) {
      Contention stream = contended.remove();
      locks++;
      metrics.lock();
      log.lock(stream.streamId)
          .flatMap(
              lock ->
                  current(stream.aggregate, stream.streamId, stream.conflictedAt)
                      .onFailure()
                      .invoke(lock::release)
                      .invoke(state -> turns.execute(() -> decideLocked(stream, lock, state))))
          .subscribe()
          .with(
              decided -> {},
              failure ->
                  turns.execute(
                      () -> {
                        locks--;
                        cannotRead(stream.streamId, failure);
                        lockNext();
                      }));
    }
  }

  private void decideLocked(Contention stream, StreamLock lock, VersionedState state) {
    List<Pending> lost = reading.get(stream.streamId).subList(0, stream.commands);
    var group = new Group(stream.streamId, state, false);
    lost.forEach(pending -> decideIn(group, pending));
    lost.clear();
    if (group.members.isEmpty()) {
      lock.release();
      unlocked(stream);
      nextBatch();
      return;
    }
    whenDone(
        Uni.createFrom()
            .item(group::append)
            .onFailure()
            .invoke(lock::release)
            .flatMap(lock::append),
        List.of(group),
        () -> unlocked(stream));
  }

  private void unlocked(Contention stream) {
    locks--;
    toFront(reading.remove(stream.streamId));
    lockNext();
  }

  private void notAppended(List<Group> batch, Throwable failure) {
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
    inFlight.complete(pending, outcome).forEach(this::admit);
  }

  private void fail(Pending pending, RuntimeException failure) {
    inFlight.fail(pending, failure).forEach(this::admit);
  }
}
