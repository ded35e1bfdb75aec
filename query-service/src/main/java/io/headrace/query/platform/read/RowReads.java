package io.headrace.query.platform.read;

import io.headrace.query.platform.read.ViewReads.Fresh;
import io.headrace.query.platform.view.View;
import io.quarkus.vertx.core.runtime.context.VertxContextSafetyToggle;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.eclipse.microprofile.faulttolerance.exceptions.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Reads of rows of one view by their keys. Those that are there at the same time share one
 * statement, one session, one look at the position and one pass through the guard: while a
 * statement is under way keys gather, and the next one takes them all. There is no timer: a read
 * that is alone waits for nobody, and the more there are, the more each statement takes.
 *
 * <p><b>Each event loop has statements of its own,</b> one at a time, so that nothing here needs a
 * lock and no read wakes another thread. A statement runs on a Vert.x context of its own; each
 * result is handed back on the context of its request.
 *
 * <p><b>A statement that is slow does not hold up all others:</b> after {@value #PATIENCE_MILLIS}
 * milliseconds the next one goes beside it. A read has the time that any read has, waiting
 * included, and one of the places that there are for reads.
 *
 * <p><b>Neighbours do no harm.</b> If a statement fails for another reason than an {@link Outage},
 * such as a row that cannot be read, its keys are asked for again by halves, until the one whose
 * fault it is has failed alone.
 *
 * @param <K> has {@code equals}
 * @param <T> what is made of the row or the rows with a key; used on one event loop at a time
 */
public final class RowReads<K, T> {

  private static final int PATIENCE_MILLIS = 100;
  private static final long PATIENCE_NANOS = PATIENCE_MILLIS * 1_000_000L;

  /** How many statements may be under way on one event loop, all but one of them slow. */
  private static final int MOST = 4;

  private final View view;
  private final Function<List<K>, Uni<Map<K, T>>> load;
  private final ViewReads reads;
  private final Map<Context, Lane> lanes = new ConcurrentHashMap<>();

  RowReads(View view, Function<List<K>, Uni<Map<K, T>>> load, ViewReads reads) {
    this.view = view;
    this.load = load;
    this.reads = reads;
  }

  /** What was found of some keys, and which of them lack events that are parked. */
  record Found<K, T>(Map<K, T> rows, Optional<ViewPosition> position, Set<String> parked) {

    Fresh<@Nullable T> of(K key) {
      var fresh = new Fresh<@Nullable T>(rows.get(key), position);
      return parked.contains(key.toString()) ? fresh.rowParked() : fresh;
    }
  }

  /**
   * The row with this key; a null value if there is none. A request with a consistency token first
   * waits for the view, and then joins a statement that has not been sent yet.
   */
  public Uni<Fresh<@Nullable T>> read(K key) {
    return reads.consistently(view, () -> joined(key));
  }

  private Uni<Fresh<@Nullable T>> joined(K key) {
    return reads.counted(
        view,
        Uni.createFrom()
            .emitter(
                emitter -> {
                  var caller = Vertx.currentContext();
                  var read = new Read(key, caller, emitter);
                  emitter.onTermination(read::end);
                  var root = VertxContext.getRootContext(caller);
                  lanes.computeIfAbsent(root, Lane::new).enter(read);
                }));
  }

  /** Of one request, and confined to its event loop but for its end. */
  private final class Read {

    private final K key;
    private final Context caller;
    private final UniEmitter<? super Fresh<@Nullable T>> emitter;
    private final long timer;
    private volatile boolean over;

    Read(K key, Context caller, UniEmitter<? super Fresh<@Nullable T>> emitter) {
      this.key = key;
      this.caller = caller;
      this.emitter = emitter;
      this.timer =
          caller
              .owner()
              .setTimer(
                  reads.timeout().toMillis(),
                  _ -> emitter.fail(new TimeoutException("no row after " + reads.timeout())));
    }

    /** Also when the client is gone. */
    void end() {
      over = true;
      caller.owner().cancelTimer(timer);
    }

    void complete(Found<K, T> found) {
      caller.runOnContext(_ -> emitter.complete(found.of(key)));
    }

    void fail(Throwable failure) {
      caller.runOnContext(_ -> emitter.fail(failure));
    }
  }

  /** The reads of one event loop; all of it happens there. */
  private final class Lane {

    private final Context context;
    private List<Read> waiting = new ArrayList<>();
    private int underWay;
    private long lastSent;
    private boolean sending;
    private boolean patient;

    Lane(Context context) {
      this.context = context;
    }

    void enter(Read read) {
      waiting.add(read);
      next();
    }

    private void next() {
      if (sending || waiting.isEmpty() || underWay == MOST) {
        return;
      }
      var left = underWay == 0 ? 0 : PATIENCE_NANOS - (System.nanoTime() - lastSent);
      if (left <= 0) {
        sending = true;
        var own = VertxContext.createNewDuplicatedContext(context);
        VertxContextSafetyToggle.setContextSafe(own, true);
        // Not at once: whoever else has come in the same turn of the event loop is taken along.
        own.runOnContext(_ -> send(own));
      } else if (!patient) {
        patient = true;
        context
            .owner()
            .setTimer(
                left / 1_000_000 + 1,
                _ ->
                    context.runOnContext(
                        _ -> {
                          patient = false;
                          next();
                        }));
      }
    }

    private void send(Context own) {
      sending = false;
      var batch = new LinkedHashMap<K, List<Read>>();
      for (var read : waiting) {
        if (!read.over) {
          batch.computeIfAbsent(read.key, _ -> new ArrayList<>(1)).add(read);
        }
      }
      waiting = new ArrayList<>();
      if (batch.isEmpty()) {
        return;
      }
      underWay++;
      lastSent = System.nanoTime();
      answer(batch, own)
          .subscribe()
          .with(
              _ -> {
                underWay--;
                next();
              });
    }

    /** Never fails: that is for its reads. */
    private Uni<Void> answer(Map<K, List<Read>> batch, Context own) {
      return Uni.createFrom()
          .deferred(() -> reads.batch(view, List.copyOf(batch.keySet()), load))
          // The guard tells of a time-out wherever it happens to be.
          .emitOn(command -> own.runOnContext(_ -> command.run()))
          .onItemOrFailure()
          .transformToUni(
              (found, failure) -> {
                if (failure != null && batch.size() > 1 && Outage.of(failure).isEmpty()) {
                  var halves = halves(batch);
                  return answer(halves.getFirst(), own).chain(() -> answer(halves.getLast(), own));
                }
                batch
                    .values()
                    .forEach(
                        same ->
                            same.forEach(
                                read -> {
                                  if (failure == null) {
                                    read.complete(found);
                                  } else {
                                    read.fail(failure);
                                  }
                                }));
                return Uni.createFrom().voidItem();
              });
    }

    private List<Map<K, List<Read>>> halves(Map<K, List<Read>> batch) {
      var first = new LinkedHashMap<K, List<Read>>();
      var second = new LinkedHashMap<K, List<Read>>();
      batch.forEach(
          (key, same) -> (first.size() < batch.size() / 2 ? first : second).put(key, same));
      return List.of(first, second);
    }
  }
}
