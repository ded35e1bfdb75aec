package io.headrace.query.platform.read;

import io.headrace.events.platform.ViewStreams;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgNotification;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the projection worker tells when it commits: one connection for this process that listens to
 * the channel {@value #CHANNEL}. A message is {@code <view>:<generation>}, the view by the name of
 * its progress; it is sent in the transaction that it tells of, so what it tells of can be read by
 * whoever has got it (<a href="https://www.postgresql.org/docs/18/sql-notify.html">PostgreSQL,
 * NOTIFY</a>).
 *
 * <p>A message is a hint to look. Those sent while there is no connection are lost; {@link
 * Listener#uncertain} says when that may have been. The connection comes back by itself, after
 * pauses that grow; one that has fallen silent is given up.
 *
 * <p>Where the worker can, it says before the message, on {@link ViewStreams#CHANNEL}, which
 * streams the transaction has brought to which versions. What comes directly before a message, from
 * the same server process and of the same view and generation, is of its transaction, since
 * PostgreSQL delivers one transaction after another; anything else is dropped. So a worker that
 * says nothing of streams is understood as well, and one that does by whoever knows the message
 * alone.
 *
 * <p>Listeners are called on one event loop, one after another; they must not block.
 */
@ApplicationScoped
public class Notifications {

  public static final String CHANNEL = "headrace_views";

  private static final long MIN_PAUSE_MILLIS = 50;
  private static final long MAX_PAUSE_MILLIS = 5_000;
  private static final int MAX_DOUBLINGS = 7;
  private static final int BEATS_IN_SILENCE = 3;

  /** Wants to know when a view has changed. */
  public interface Listener {

    /** A transaction on this generation has been committed. */
    void committed(int generation);

    /**
     * The same, and this is all of it that concerns streams: it has brought them to these versions,
     * with every event up to there in the rows, and has changed nothing else about any stream.
     */
    default void committed(int generation, Map<String, Long> streams) {
      committed(generation);
    }

    /** Commits may have gone unnoticed until now; from now on they are told again. */
    void uncertain();
  }

  private final Vertx vertx;
  private final ViewsPool pool;
  private final long silenceMillis;
  private final Map<String, Set<Listener>> listeners = new ConcurrentHashMap<>();
  private volatile boolean closed;
  private volatile @Nullable Context context;
  private volatile @Nullable Session session;
  // Confined to the context:
  private int failures;
  private int connections;
  private @Nullable PgNotification before;

  Notifications(Vertx vertx, ViewsPool pool, ReadConfig config) {
    this.vertx = vertx;
    this.pool = pool;
    this.silenceMillis = config.connectionSilence().toMillis();
  }

  void start(@Observes StartupEvent event) {
    var own = vertx.getOrCreateContext();
    context = own;
    own.runOnContext(_ -> connect());
  }

  void stop(@Observes ShutdownEvent event) {
    closed = true;
    var own = context;
    if (own != null) {
      own.runOnContext(
          _ -> {
            var last = session;
            if (last != null) {
              last.end(null);
            }
          });
    }
  }

  /**
   * Has a listener told of a view from now on. Who reads after this call, and again whenever the
   * listener is called, misses nothing: while there is no {@link #connection}, {@code uncertain}
   * will follow.
   */
  public Cancellable subscribe(String view, Listener listener) {
    // Added and removed under the map's lock of this key, so that no empty set is left behind and
    // none that is about to go gets a listener.
    listeners.compute(
        view,
        (_, known) -> {
          var all = known == null ? new CopyOnWriteArraySet<Listener>() : known;
          all.add(listener);
          return all;
        });
    return () ->
        listeners.computeIfPresent(
            view,
            (_, known) -> {
              known.remove(listener);
              return known.isEmpty() ? null : known;
            });
  }

  /**
   * Which connection tells commits at the moment: a number of its own, or 0 while none does, as far
   * as is known. What was told over one connection has no gaps.
   */
  public int connection() {
    var now = session;
    return now != null && now.listening ? now.number : 0;
  }

  private void connect() {
    if (!closed) {
      before = null;
      var next = new Session(++connections);
      session = next;
      next.start(pool.connectOptions("listener", failures));
    }
  }

  private void connectLater() {
    if (!closed) {
      // Half of the pause is random: many replicas shall not come back at once.
      var pause = Math.min(MAX_PAUSE_MILLIS, MIN_PAUSE_MILLIS << Math.min(failures, MAX_DOUBLINGS));
      failures++;
      vertx.setTimer(
          pause / 2 + ThreadLocalRandom.current().nextLong(1, pause / 2 + 1), _ -> connect());
    }
  }

  private void received(PgNotification notification) {
    var streams = before;
    before = null;
    if (ViewStreams.CHANNEL.equals(notification.getChannel())) {
      before = notification;
      return;
    }
    var payload = notification.getPayload();
    var colon = payload == null ? -1 : payload.lastIndexOf(':');
    int generation;
    try {
      generation = colon < 1 ? 0 : Integer.parseInt(payload, colon + 1, payload.length(), 10);
    } catch (NumberFormatException e) {
      generation = 0;
    }
    if (generation < 1) {
      Log.debugf("A notification that is none of the projection worker's: %s", payload);
      return;
    }
    var view = payload.substring(0, colon);
    var all = listeners.get(view);
    if (all == null) {
      return;
    }
    var told = generation;
    var versions =
        streams == null || streams.getProcessId() != notification.getProcessId()
            ? Optional.<Map<String, Long>>empty()
            : ViewStreams.decode(streams.getPayload(), view, told);
    all.forEach(
        listener ->
            tell(
                listener,
                it ->
                    versions.ifPresentOrElse(
                        known -> it.committed(told, known), () -> it.committed(told))));
  }

  private void uncertain() {
    listeners.values().forEach(all -> all.forEach(it -> tell(it, Listener::uncertain)));
  }

  private static void tell(Listener listener, Consumer<Listener> what) {
    try {
      what.accept(listener);
    } catch (RuntimeException e) {
      // A defect of one listener is no reason to leave the others untold.
      Log.errorf(e, "A listener to the commits of a view failed");
    }
  }

  /** One connection, from the attempt to its end. Confined to the context. */
  private final class Session {

    private final int number;
    private @Nullable PgConnection connection;
    private volatile boolean listening;
    private boolean over;
    private boolean answered = true;
    private final long beat =
        vertx.setPeriodic(Math.max(1, silenceMillis / BEATS_IN_SILENCE), _ -> beat());

    Session(int number) {
      this.number = number;
    }

    void start(PgConnectOptions options) {
      answered = false;
      PgConnection.connect(vertx, options)
          .onFailure(this::end)
          .onSuccess(
              opened -> {
                if (over) {
                  opened.close();
                  return;
                }
                connection = opened;
                opened.notificationHandler(Notifications.this::received);
                opened.closeHandler(_ -> end(null));
                opened
                    .query("LISTEN " + CHANNEL + "; LISTEN " + ViewStreams.CHANNEL)
                    .execute()
                    .onFailure(this::end)
                    .onSuccess(_ -> listens());
              });
    }

    private void listens() {
      if (over) {
        return;
      }
      answered = true;
      listening = true;
      if (failures > 0) {
        Log.infof("Commits of the projection worker are being told again");
      }
      failures = 0;
      uncertain();
    }

    // A server that vanished without a word closes nothing, and has nothing to tell anyway: only
    // a question shows whether it is there.
    private void beat() {
      var open = connection;
      if (!answered || open == null) {
        end(null);
        return;
      }
      answered = false;
      open.query("SELECT 1").execute().onFailure(this::end).onSuccess(_ -> answered = true);
    }

    void end(@Nullable Throwable cause) {
      if (over) {
        return;
      }
      over = true;
      listening = false;
      vertx.cancelTimer(beat);
      var open = connection;
      if (open != null) {
        open.close();
      }
      if (!closed && failures == 0) {
        Log.warnf(
            "Commits of the projection worker are not being told until the database is back: %s",
            cause == null ? "the connection was lost" : cause.getMessage());
      }
      connectLater();
    }
  }
}
