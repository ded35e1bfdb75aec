package io.headrace.command.platform.log;

import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Streams of events, appended under an expected version, and the remembered answers of commands.
 *
 * <p>Every {@link Uni} fails with {@link LogUnavailableException} when the log cannot be reached,
 * and completes on any thread.
 */
public interface EventLog {

  /**
   * Appends to many streams in one transaction and one round trip.
   *
   * <p>Each {@link StreamAppend} succeeds or fails by itself, wholly or not at all: it is done when
   * the stream is at its expected version and none of its keys has an answer yet. One without
   * events appends nothing; it is done when the version is as expected, at a moment within the
   * call.
   *
   * @param appends at most one for each stream; no key twice
   * @return fails with {@link AppendRefusedException} if the content of some append is impossible
   *     to store; then nothing was stored
   */
  Uni<AppendResult> append(List<StreamAppend> appends);

  /**
   * Keeps all others from appending to a stream until the lock has been used or given back. They
   * wait meanwhile, and whoever has waited longest is next: so one who was late again and again has
   * a turn, which expected versions alone promise to nobody. A stream without events is not locked.
   */
  Uni<StreamLock> lock(String streamId);

  /**
   * The right to be the next to append to a stream. It is lost after a second in which it was
   * neither used nor given back, as others wait for it: then {@link #append} fails.
   */
  interface StreamLock {

    /** Like {@link EventLog#append}, for the stream of the lock; gives it back. To be used once. */
    Uni<AppendResult> append(StreamAppend append);

    /** Gives it back unused. */
    void release();
  }

  /**
   * Reads the events after a version, for many streams at once: of each stream its first events
   * after it, in order. Where a snapshot is asked for and there is one, it comes with the events
   * after it instead. No stream gets more than {@link #PAGE} of them, and all together not much
   * more than {@link #PAGE_BYTES}: then the later streams get few or none, and the first at least
   * one.
   *
   * @return by the position in {@code from}; a consistent picture of each stream
   */
  Uni<List<StreamRead>> read(List<ReadFrom> from);

  /**
   * At most {@code limit} events of one stream after a version, in order, and not much more than
   * {@link #PAGE_BYTES}, but at least one if there is one.
   *
   * @return without a snapshot
   */
  Uni<StreamRead> read(String streamId, long afterVersion, int limit);

  /**
   * Keeps a snapshot of each stream, in the place of an older one or of one of another shape. They
   * may be lost at any time.
   *
   * @param snapshots at most one for each stream
   */
  Uni<Void> keep(List<Snapshot> snapshots);

  /** The most events of one stream that {@link #read(List)} answers. */
  int PAGE = 1000;

  /** Of payloads and snapshots, after which a read ends; the last of them may go beyond it. */
  int PAGE_BYTES = 1024 * 1024;

  /**
   * @param expectedVersion the version on which the events were decided; 0: the stream is new
   * @param keys the commands with an idempotency key among those that led to it
   */
  record StreamAppend(
      String streamId, long expectedVersion, List<NewEvent> events, List<KeyedAnswer> keys) {}

  /**
   * @param metadata JSON
   * @param payload JSON
   */
  record NewEvent(
      String context, String type, String partitionKey, String metadata, String payload) {}

  /**
   * @param fingerprint of the request
   * @param answer to be remembered with the append, or empty if the key is looked up only
   */
  record KeyedAnswer(String key, byte[] fingerprint, String answer) {}

  /** The answer that a key got before. */
  record KnownAnswer(byte[] fingerprint, String answer) {}

  /**
   * @param done for each append whether it was carried out
   * @param known the keys that had an answer before; their appends are not done
   * @param remembered the keys whose answers are stored now. A key of an append without events can
   *     be missing here and in {@code known}: another transaction took it in this moment.
   */
  record AppendResult(boolean[] done, Map<String, KnownAnswer> known, Set<String> remembered) {}

  /**
   * @param shape of the snapshot that will do, or null for events only
   */
  record ReadFrom(String streamId, long afterVersion, @Nullable String shape) {}

  /**
   * @param events those after the snapshot where there is one, else after the version asked for
   * @param more whether the stream may have more of them, a snapshot among them if none came
   */
  record StreamRead(@Nullable Snapshot snapshot, List<LoggedEvent> events, boolean more) {}

  /**
   * What a stream's events up to a version come to.
   *
   * @param shape tells whether the state can be read
   * @param state opaque text
   */
  record Snapshot(String streamId, long version, String shape, String state) {}

  /**
   * @param recordedAt microseconds since 1970
   */
  record LoggedEvent(
      long streamVersion,
      String context,
      String type,
      String partitionKey,
      long recordedAt,
      String metadata,
      String payload) {}
}
