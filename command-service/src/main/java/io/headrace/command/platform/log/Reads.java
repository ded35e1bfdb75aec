package io.headrace.command.platform.log;

import io.headrace.command.platform.log.EventLog.ReadFrom;
import io.headrace.command.platform.log.EventLog.StreamRead;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Coalesces concurrent reads of streams into one statement at a time, with no timer: a lone read
 * goes at once, those that come while it is on its way go together. So reads never take the
 * sessions that appends need.
 */
@ApplicationScoped
public class Reads {

  private record Waiting(ReadFrom from, UniEmitter<? super StreamRead> emitter) {}

  private final EventLog log;
  private final int batchSize;
  private final Deque<Waiting> queue = new ConcurrentLinkedDeque<>();
  private final AtomicBoolean busy = new AtomicBoolean();

  Reads(EventLog log, LogConfig config) {
    this.log = log;
    this.batchSize = config.readBatch();
  }

  /**
   * @param shape of a snapshot that will do in the place of the events before it, or null
   * @return what {@link EventLog#read(List)} says of the stream, and not nothing if there is more;
   *     read after the subscription; on any thread
   */
  public Uni<StreamRead> read(String streamId, long afterVersion, @Nullable String shape) {
    return Uni.createFrom()
        .emitter(
            emitter -> {
              queue.add(new Waiting(new ReadFrom(streamId, afterVersion, shape), emitter));
              next();
            });
  }

  /**
   * The flag is taken before the queue is looked at and given back before it is looked at again.
   */
  private void next() {
    while (!queue.isEmpty() && busy.compareAndSet(false, true)) {
      List<Waiting> batch = new ArrayList<>();
      Waiting waiting;
      while (batch.size() < batchSize && (waiting = queue.poll()) != null) {
        batch.add(waiting);
      }
      if (batch.isEmpty()) {
        busy.set(false);
        continue;
      }
      log.read(batch.stream().map(Waiting::from).toList())
          .subscribe()
          .with(
              reads -> {
                // From the last to the first, as each of them goes to the front.
                for (int i = batch.size() - 1; i >= 0; i--) {
                  if (notReached(reads.get(i))) {
                    queue.addFirst(batch.get(i));
                  }
                }
                busy.set(false);
                next();
                for (int i = 0; i < batch.size(); i++) {
                  if (!notReached(reads.get(i))) {
                    batch.get(i).emitter.complete(reads.get(i));
                  }
                }
              },
              failure -> {
                busy.set(false);
                next();
                batch.forEach(w -> w.emitter.fail(failure));
              });
      return;
    }
  }

  /** The streams before it took all the room of the answer. */
  private static boolean notReached(StreamRead read) {
    return read.more() && read.snapshot() == null && read.events().isEmpty();
  }
}
