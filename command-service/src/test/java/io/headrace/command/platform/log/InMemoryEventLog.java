package io.headrace.command.platform.log;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The log as a map: what the tests of deciders append to and fold from, and the plainest statement
 * of what the real one must do.
 */
public final class InMemoryEventLog implements EventLog {

  private final Map<String, List<LoggedEvent>> streams = new HashMap<>();
  private final Map<String, KnownAnswer> answers = new HashMap<>();
  private final Map<String, Snapshot> snapshots = new HashMap<>();

  /** Who waits for a locked stream, in their order. */
  private final Map<String, Queue<Runnable>> waiting = new HashMap<>();

  private long clock;

  @Override
  public Uni<AppendResult> append(List<StreamAppend> appends) {
    List<String> ids = appends.stream().map(StreamAppend::streamId).toList();
    return Uni.createFrom().emitter(emitter -> unlocked(ids, () -> doAppend(appends), emitter));
  }

  @Override
  public Uni<StreamLock> lock(String streamId) {
    return Uni.createFrom()
        .emitter(
            emitter ->
                unlocked(
                    List.of(streamId),
                    () -> {
                      if (streams.containsKey(streamId)) {
                        waiting.put(streamId, new ArrayDeque<>());
                      }
                      return new MapLock(streamId);
                    },
                    emitter));
  }

  /** Does it once none of the streams is locked. */
  private synchronized <T> void unlocked(
      List<String> streamIds, Supplier<T> action, UniEmitter<? super T> emitter) {
    for (String id : streamIds) {
      if (waiting.containsKey(id)) {
        waiting.get(id).add(() -> unlocked(streamIds, action, emitter));
        return;
      }
    }
    try {
      emitter.complete(action.get());
    } catch (AppendRefusedException e) {
      emitter.fail(e);
    }
  }

  private final class MapLock implements StreamLock {

    private final String streamId;

    MapLock(String streamId) {
      this.streamId = streamId;
    }

    @Override
    public Uni<AppendResult> append(StreamAppend append) {
      return locked(() -> doAppend(List.of(append))).onTermination().invoke(this::release);
    }

    @Override
    public void release() {
      synchronized (InMemoryEventLog.this) {
        Queue<Runnable> next = waiting.remove(streamId);
        if (next != null) {
          next.forEach(Runnable::run);
        }
      }
    }
  }

  private AppendResult doAppend(List<StreamAppend> appends) {
    for (StreamAppend append : appends) {
      for (NewEvent event : append.events()) {
        if ((event.partitionKey() + event.type() + event.metadata() + event.payload()).indexOf(0)
            >= 0) {
          throw new AppendRefusedException(new IllegalArgumentException("U+0000"));
        }
      }
    }
    var done = new boolean[appends.size()];
    Map<String, KnownAnswer> known = new HashMap<>();
    Set<String> remembered = new HashSet<>();
    Map<String, KnownAnswer> before = Map.copyOf(answers);
    for (int i = 0; i < done.length; i++) {
      StreamAppend append = appends.get(i);
      for (KeyedAnswer key : append.keys()) {
        if (before.containsKey(key.key())) {
          known.put(key.key(), before.get(key.key()));
        }
      }
      boolean free = append.keys().stream().noneMatch(key -> before.containsKey(key.key()));
      int version = streams.getOrDefault(append.streamId(), List.of()).size();
      if (!free || version != append.expectedVersion()) {
        continue;
      }
      done[i] = true;
      for (NewEvent event : append.events()) {
        streams
            .computeIfAbsent(append.streamId(), id -> new ArrayList<>())
            .add(
                new LoggedEvent(
                    ++version,
                    event.context(),
                    event.type(),
                    event.partitionKey(),
                    ++clock,
                    event.metadata(),
                    event.payload()));
      }
      for (KeyedAnswer key : append.keys()) {
        if (!key.answer().isEmpty()) {
          answers.put(key.key(), new KnownAnswer(key.fingerprint(), key.answer()));
          remembered.add(key.key());
        }
      }
    }
    return new AppendResult(done, known, remembered);
  }

  @Override
  public Uni<List<StreamRead>> read(List<ReadFrom> from) {
    return locked(
        () -> {
          List<StreamRead> reads = new ArrayList<>();
          long bytes = 0;
          for (ReadFrom asked : from) {
            Snapshot snapshot = snapshots.get(asked.streamId());
            boolean fits =
                snapshot != null
                    && snapshot.shape().equals(asked.shape())
                    && snapshot.version() > asked.afterVersion();
            if (fits && bytes < PAGE_BYTES) {
              bytes += bytes(snapshot.state());
            } else if (fits) {
              reads.add(new StreamRead(null, List.of(), true));
              continue;
            }
            StreamRead read =
                page(
                    asked.streamId(),
                    fits ? snapshot.version() : asked.afterVersion(),
                    PAGE,
                    PAGE_BYTES - bytes);
            bytes += read.events().stream().mapToLong(event -> bytes(event.payload())).sum();
            reads.add(new StreamRead(fits ? snapshot : null, read.events(), read.more()));
          }
          return reads;
        });
  }

  @Override
  public Uni<StreamRead> read(String streamId, long afterVersion, int limit) {
    return locked(() -> page(streamId, afterVersion, limit, PAGE_BYTES));
  }

  private StreamRead page(String streamId, long version, int limit, long bytes) {
    List<LoggedEvent> all = streams.getOrDefault(streamId, Collections.emptyList());
    int from = (int) Math.min(version, all.size());
    int to = from;
    for (long left = bytes; to < all.size() && to - from < limit && left > 0; to++) {
      left -= bytes(all.get(to).payload());
    }
    return new StreamRead(null, List.copyOf(all.subList(from, to)), to < all.size());
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  @Override
  public Uni<Void> keep(List<Snapshot> kept) {
    return locked(
            () -> {
              kept.forEach(
                  snapshot ->
                      snapshots.merge(
                          snapshot.streamId(),
                          snapshot,
                          (old, young) ->
                              young.version() > old.version() || !young.shape().equals(old.shape())
                                  ? young
                                  : old));
              return true;
            })
        .replaceWithVoid();
  }

  private <T> Uni<T> locked(Supplier<T> action) {
    return Uni.createFrom()
        .item(
            () -> {
              synchronized (this) {
                return action.get();
              }
            });
  }
}
