package io.headrace.query.platform.read;

import io.headrace.events.platform.ConsistencyToken;
import io.headrace.events.platform.Topics;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.faulttolerance.api.Guard;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.util.TypeLiteral;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.microprofile.faulttolerance.exceptions.BulkheadException;
import org.jspecify.annotations.Nullable;

/**
 * Waits until views have come to certain versions of streams.
 *
 * <p>Nobody polls, and a wait costs one statement, or none. The worker says with its commit which
 * streams have come to which versions: that ends the waits for them, and what was told lately is
 * remembered, so that who comes after it need not wait. Who begins to wait for anything else is
 * looked up. When the worker has committed without saying which streams (as long as anything of the
 * view is parked, after a redrive or a swap of generations, or if there were too many), one
 * statement looks up all that is waited for in the view. While it runs, further such commits and
 * further waits only see to it that another follows; so there is at most one at a time for a view,
 * however many wait and however often the worker commits.
 *
 * <p><b>Nothing is missed.</b> The worker's message comes with its commit. A wait is registered
 * before the look-up that answers it begins; a commit that this look-up did not see is told after
 * it began, and either names all streams that it has moved, or brings about another look-up. If the
 * connection that listens is lost, {@code uncertain} follows when it is back, and until then {@link
 * ConsistencyConfig#recheck} bounds the delay.
 *
 * <p><b>Nothing is claimed too early.</b> PostgreSQL delivers a message when its transaction is
 * over, and a statement that begins then sees what it has done. What the worker says of streams
 * says that their events are in the rows, for good in this generation: versions only grow, and an
 * event that is in the rows is not parked later. So what a look-up has found and what was told may
 * be put together if it is of one generation, in whatever order they come; of another, what was
 * known is forgotten. A swap of generations is told without streams and ends the memory (and the
 * next generation has taken whatever the former one had, so nothing vanishes before that message is
 * here). The memory also ends with the connection: whatever happens to the database between two
 * connections, even its return from a backup, no version from before it is believed.
 *
 * <p>Everything but {@link #until} itself happens on one event loop, so there are no locks, and a
 * wait costs memory only. Results are handed back on the Vert.x context of who waits.
 */
@ApplicationScoped
class ViewWaits {

  /** Longer than the statement takes in any health, and shorter than clients wait. */
  private static final Duration TIMEOUT = Duration.ofSeconds(3);

  private static final int CIRCUIT_VOLUME = 10;
  private static final double HALF = 0.5;
  private static final int UNKNOWN = 0;

  /** Of a view: more than clients write in the seconds after which they ask for it. */
  private static final int MAX_REMEMBERED = 4_096;

  /**
   * Of each stream: the version that the view has come to, the first of its events that is parked,
   * and whether the view takes events of this topic at all. A worker that has not started yet has
   * not said which topics it takes: then it may be any. And the generation that all this is of.
   */
  private static final String SQL =
      """
      SELECT w.stream_id, w.topic, coalesce(s.version, 0),
          (SELECT min(e.stream_version) FROM parked_event e
            WHERE e.view = g.view AND e.generation = g.generation AND e.stream_id = w.stream_id),
          EXISTS (SELECT FROM view_topic t
            WHERE t.view = g.view AND t.generation = g.generation AND t.topic = w.topic)
          OR NOT EXISTS (SELECT FROM view_topic t WHERE t.view = g.view AND t.generation = g.generation),
          g.generation
        FROM view_generation g
          CROSS JOIN unnest($2::text[], $3::text[]) AS w (stream_id, topic)
          LEFT JOIN view_stream s
            ON s.view = g.view AND s.generation = g.generation AND s.stream_id = w.stream_id
        WHERE g.view = $1 AND g.state = 'live'""";

  private record Stream(String id, String topic) {

    static Stream of(ConsistencyToken token) {
      return new Stream(token.streamId(), Topics.of(token.context()));
    }
  }

  private record Found(long version, @Nullable Long parkedFrom, boolean taken) {}

  /**
   * @param generation {@link #UNKNOWN} if none is live
   */
  private record Seen(int generation, Map<Stream, Found> streams) {}

  private final Vertx vertx;
  private final Pool pool;
  private final Notifications notifications;
  private final MeterRegistry meters;
  private final Guard guard;
  private final int maxWaiting;
  private final AtomicInteger waiting = new AtomicInteger();
  private final Context context;
  private final long recheck;
  // Confined to the context:
  private final Map<String, Room> rooms = new HashMap<>();

  ViewWaits(
      ConsistencyConfig config,
      ReadConfig reads,
      Vertx vertx,
      Pool pool,
      Notifications notifications,
      MeterRegistry meters) {
    this.vertx = vertx;
    this.pool = pool;
    this.notifications = notifications;
    this.meters = meters;
    this.maxWaiting = config.maxWaiting();
    this.guard =
        Guard.create()
            .withDescription("look-ups of what is waited for")
            .withTimeout()
            .duration(TIMEOUT.toMillis(), ChronoUnit.MILLIS)
            .done()
            .withCircuitBreaker()
            .requestVolumeThreshold(CIRCUIT_VOLUME)
            .failureRatio(HALF)
            .delay(reads.circuitDelay().toMillis(), ChronoUnit.MILLIS)
            .done()
            .withRetry()
            .maxRetries(reads.retries())
            .delay(50, ChronoUnit.MILLIS)
            .jitter(50, ChronoUnit.MILLIS)
            .whenException(ViewReads::isWorthAnotherTry)
            .done()
            .build();
    // The first request that has to wait makes this. Its event loop stays ours; its context, with
    // all that is kept there, must not.
    this.context = VertxContext.getRootContext(vertx.getOrCreateContext());
    this.recheck =
        vertx.setPeriodic(
            config.recheck().toMillis(),
            _ -> context.runOnContext(_ -> rooms.values().forEach(Room::look)));
    Gauge.builder("headrace.query.waiting", waiting, AtomicInteger::get)
        .description("Queries that wait for a view")
        .register(meters);
  }

  @PreDestroy
  void stop() {
    vertx.cancelTimer(recheck);
  }

  /**
   * What the view lacks when the wait is over: nothing, or that of which the time has run out.
   * Fails if too many wait already, or if the database cannot be asked.
   *
   * @param view by the name of its progress
   * @param patience zero looks once, and does not wait
   */
  Uni<List<Missing>> until(String view, Collection<ConsistencyToken> tokens, Duration patience) {
    return Uni.createFrom()
        .deferred(
            () -> {
              if (waiting.incrementAndGet() > maxWaiting) {
                waiting.decrementAndGet();
                count(view, "refused", Timer.start(meters));
                return Uni.createFrom()
                    .failure(new BulkheadException("too many queries wait for views"));
              }
              var caller = Vertx.currentContext();
              var timer = Timer.start(meters);
              return Uni.createFrom()
                  .<List<Missing>>emitter(
                      emitter -> {
                        var wait = new Wait(tokens, patience, emitter);
                        emitter.onTermination(
                            () -> context.runOnContext(_ -> room(view).leave(wait)));
                        context.runOnContext(_ -> room(view).enter(wait));
                      })
                  .onTermination()
                  .invoke(
                      (missing, failure, _) -> {
                        waiting.decrementAndGet();
                        count(view, outcome(missing, failure), timer);
                      })
                  .emitOn(
                      command -> {
                        if (caller == null) {
                          command.run();
                        } else {
                          caller.runOnContext(_ -> command.run());
                        }
                      });
            });
  }

  private static String outcome(@Nullable List<Missing> missing, @Nullable Throwable failure) {
    if (failure != null) {
      return "failed";
    }
    return missing == null ? "cancelled" : missing.isEmpty() ? "reached" : "behind";
  }

  private void count(String view, String outcome, Timer.Sample timer) {
    timer.stop(
        Timer.builder("headrace.query.waits")
            .description("How long queries waited for a view")
            .tag("view", view)
            .tag("outcome", outcome)
            .register(meters));
  }

  private Room room(String view) {
    return rooms.computeIfAbsent(view, Room::new);
  }

  /** Of one request. */
  private static final class Wait {

    private final Map<Stream, Long> wanted = new LinkedHashMap<>();
    private final Duration patience;
    private final UniEmitter<? super List<Missing>> emitter;
    // Of `wanted`, what this generation lacks as far as is known; all of it before anything is.
    private final Map<Stream, Missing> left = new LinkedHashMap<>();
    private int generation;
    private long timer = -1;
    private boolean over;

    Wait(
        Collection<ConsistencyToken> tokens,
        Duration patience,
        UniEmitter<? super List<Missing>> emitter) {
      tokens.forEach(each -> wanted.merge(Stream.of(each), each.streamVersion(), Math::max));
      this.patience = patience;
      this.emitter = emitter;
      forget();
    }

    /** As if nothing were known of any stream. */
    void forget() {
      generation = UNKNOWN;
      wanted.forEach(
          (stream, version) -> left.put(stream, new Missing(stream.id(), version, null, false)));
    }

    boolean isOf(int other) {
      return generation == other;
    }

    /**
     * Takes what was told of a generation, unless something is known of another one.
     *
     * @return whether there is nothing left to wait for
     */
    boolean isTold(int of, Map<String, Long> versions) {
      if (generation == UNKNOWN) {
        generation = of;
      }
      if (generation == of) {
        left.values().removeIf(it -> versions.getOrDefault(it.streamId(), 0L) >= it.wanted());
        left.replaceAll((_, it) -> reaching(it, versions.get(it.streamId())));
      }
      return left.isEmpty();
    }

    private static Missing reaching(Missing missing, @Nullable Long version) {
      var before = missing.reached();
      return version == null || (before != null && before >= version)
          ? missing
          : new Missing(missing.streamId(), missing.wanted(), version, false);
    }

    /** Whether there is nothing left to wait for. */
    boolean sees(Seen seen) {
      if (generation != seen.generation) {
        forget();
        generation = seen.generation;
      }
      wanted.forEach(
          (stream, version) ->
              // What is not left was told, perhaps after the snapshot that this was seen in.
              left.computeIfPresent(
                  stream, (_, _) -> missing(stream, version, seen.streams.get(stream))));
      return left.isEmpty();
    }

    private static @Nullable Missing missing(Stream stream, long version, @Nullable Found now) {
      if (now == null) {
        return new Missing(stream.id(), version, null, false);
      }
      boolean parked = now.parkedFrom() != null && now.parkedFrom() <= version;
      return now.taken() && (parked || now.version() < version)
          ? new Missing(stream.id(), version, now.version(), parked)
          : null;
    }
  }

  /** What was told lately of one generation, over one connection. */
  private static final class Memory {

    private final Map<String, Long> versions =
        new LinkedHashMap<>() {
          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MAX_REMEMBERED;
          }
        };
    private int generation = UNKNOWN;
    private int connection;

    void add(int generation, int connection, Map<String, Long> told) {
      if (this.generation != generation || this.connection != connection) {
        versions.clear();
        this.generation = generation;
        this.connection = connection;
      }
      told.forEach(
          (stream, version) -> {
            versions.remove(stream); // Then it is the youngest again.
            versions.put(stream, version);
          });
    }

    void forget() {
      versions.clear();
      generation = UNKNOWN;
    }

    /**
     * @param connection the one that tells now
     */
    boolean answers(Wait wait, int connection) {
      return generation != UNKNOWN
          && connection != 0
          && connection == this.connection
          && wait.isTold(generation, versions);
    }
  }

  /** Those who wait for one view. */
  private final class Room implements Notifications.Listener {

    private final String view;
    private final Set<Wait> waits = new LinkedHashSet<>();
    private final Memory memory = new Memory();
    private boolean looking;
    private boolean again;

    Room(String view) {
      this.view = view;
      notifications.subscribe(view, this);
    }

    @Override
    public void committed(int generation) {
      context.runOnContext(
          _ -> {
            // A swap, perhaps, or something that is parked.
            memory.forget();
            look();
          });
    }

    @Override
    public void committed(int generation, Map<String, Long> streams) {
      var connection = notifications.connection();
      context.runOnContext(
          _ -> {
            memory.add(generation, connection, streams);
            waits.stream()
                .filter(wait -> wait.isTold(generation, streams))
                .toList()
                .forEach(this::end);
            if (!waits.stream().allMatch(wait -> wait.isOf(generation))) {
              look();
            }
          });
    }

    @Override
    public void uncertain() {
      context.runOnContext(
          _ -> {
            memory.forget();
            waits.forEach(Wait::forget);
            look();
          });
    }

    void enter(Wait wait) {
      if (wait.over) {
        return; // Its client was gone before it began.
      }
      if (memory.answers(wait, notifications.connection())) {
        end(wait);
        return;
      }
      waits.add(wait);
      if (!wait.patience.isZero()) {
        wait.timer =
            vertx.setTimer(
                Math.max(1, wait.patience.toMillis()), _ -> context.runOnContext(_ -> end(wait)));
      }
      look();
    }

    /** Also when the client is gone, or the wait is over: then there is nothing to be done. */
    void leave(Wait wait) {
      wait.over = true;
      waits.remove(wait);
      vertx.cancelTimer(wait.timer);
    }

    private void end(Wait wait) {
      if (!wait.over) {
        leave(wait);
        wait.emitter.complete(List.copyOf(wait.left.values()));
      }
    }

    private void fail(Wait wait, Throwable failure) {
      if (!wait.over) {
        leave(wait);
        wait.emitter.fail(failure);
      }
    }

    void look() {
      if (looking) {
        again = true;
        return;
      }
      if (waits.isEmpty()) {
        return;
      }
      looking = true;
      again = false;
      var asked = List.copyOf(waits);
      var streams = new HashSet<Stream>();
      asked.forEach(wait -> streams.addAll(wait.wanted.keySet()));
      lookUp(view, streams)
          .emitOn(command -> context.runOnContext(_ -> command.run()))
          .subscribe()
          .with(
              seen -> {
                for (var wait : asked) {
                  if (wait.sees(seen) || wait.patience.isZero()) {
                    end(wait);
                  }
                }
                looked();
              },
              failure -> {
                asked.forEach(wait -> fail(wait, failure));
                looked();
              });
    }

    private void looked() {
      looking = false;
      if (again) {
        look();
      }
    }
  }

  private Uni<Seen> lookUp(String view, Set<Stream> streams) {
    var ordered = List.copyOf(streams);
    var parameters =
        Tuple.of(
            view,
            ordered.stream().map(Stream::id).toArray(String[]::new),
            ordered.stream().map(Stream::topic).toArray(String[]::new));
    return guard.get(
        () -> pool.preparedQuery(SQL).execute(parameters).map(ViewWaits::seen),
        new TypeLiteral<Uni<Seen>>() {});
  }

  private static Seen seen(RowSet<Row> rows) {
    var found = new HashMap<Stream, Found>();
    int generation = UNKNOWN;
    for (var row : rows) {
      generation = row.getInteger(5);
      found.put(
          new Stream(row.getString(0), row.getString(1)),
          new Found(row.getLong(2), row.getLong(3), row.getBoolean(4)));
    }
    return new Seen(generation, found);
  }
}
