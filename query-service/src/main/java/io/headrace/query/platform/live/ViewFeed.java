package io.headrace.query.platform.live;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.query.platform.live.Group.Member;
import io.headrace.query.platform.live.LiveSubscriber.End;
import io.headrace.query.platform.read.Notifications;
import io.headrace.query.platform.read.ViewReads;
import io.headrace.query.platform.view.ResourceView;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.logging.Log;
import io.quarkus.vertx.core.runtime.context.VertxContextSafetyToggle;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The reader of one view, and its clients. Reads when a commit is told, at most once in a pace, and
 * tells every client what concerns it. While nobody watches it does nothing.
 *
 * <p>Confined to one event loop.
 */
final class ViewFeed<E> implements Notifications.Listener {

  /** Lists to begin with are read one by one, and meanwhile nobody is told of changes. */
  private static final int ARRIVING_AT_ONCE = 100;

  private final ResourceView<E, ?, ?> view;
  private final Vertx vertx;
  private final Context context;
  private final Notifications notifications;
  private final ViewReads reads;
  private final ObjectMapper json;
  private final LiveConfig config;
  private final Counter events;
  private final Set<Member<E>> waiting = new LinkedHashSet<>();
  private final Map<String, Group<E>> groups = new LinkedHashMap<>();
  private final Map<Object, Integer> watchedKeys = new HashMap<>();
  private int lists;
  private @Nullable Position position;
  private @Nullable Cancellable subscription;
  private @Nullable Long polling;
  private boolean reading;
  private boolean again;
  private boolean scheduled;
  private boolean ended;
  private boolean failing;
  private long lastStart;
  private long lastSign = System.nanoTime();

  ViewFeed(
      ResourceView<E, ?, ?> view,
      Vertx vertx,
      Notifications notifications,
      ViewReads reads,
      ObjectMapper json,
      LiveConfig config,
      MeterRegistry meters) {
    this.view = view;
    this.vertx = vertx;
    this.notifications = notifications;
    this.reads = reads;
    this.json = json;
    this.config = config;
    this.context = VertxContext.getRootContext(vertx.getOrCreateContext());
    this.lastStart = System.nanoTime() - config.pace().toNanos();
    this.events =
        Counter.builder("headrace.query.live.events")
            .description("Events told to clients that watch views")
            .tag("view", view.name())
            .register(meters);
  }

  Cancellable subscribe(
      LiveQuery<E> query, Optional<String> lastEventId, LiveSubscriber<E> subscriber) {
    var member = new Member<>(query, lastEventId, subscriber);
    context.runOnContext(_ -> arrive(member));
    return () -> context.runOnContext(_ -> leave(member));
  }

  /** Tells everyone to go, now and from now on. */
  void end() {
    context.runOnContext(
        _ -> {
          ended = true;
          dismiss(End.STOPPING);
        });
  }

  private void dismiss(End why) {
    var all = new ArrayList<>(waiting);
    groups.values().forEach(group -> all.addAll(group.members()));
    all.forEach(this::leave);
    all.forEach(member -> member.subscriber.ended(why));
  }

  @Override
  public void committed(int generation) {
    context.runOnContext(_ -> wake());
  }

  @Override
  public void uncertain() {
    context.runOnContext(_ -> wake());
  }

  private void arrive(Member<E> member) {
    if (ended) {
      member.subscriber.ended(End.STOPPING);
      return;
    }
    waiting.add(member);
    if (subscription == null) {
      subscription = notifications.subscribe(view.progress(), this);
      polling = vertx.setPeriodic(config.poll().toMillis(), _ -> poll());
    }
    wake();
  }

  private void leave(Member<E> member) {
    waiting.remove(member);
    var group = groups.get(member.query.name());
    if (group != null && group.members().remove(member) && group.members().isEmpty()) {
      groups.remove(member.query.name());
      group.query().key().ifPresentOrElse(this::unwatch, () -> lists--);
    }
    if (waiting.isEmpty() && groups.isEmpty()) {
      rest();
    }
  }

  private void unwatch(Object key) {
    watchedKeys.computeIfPresent(key, (_, count) -> count == 1 ? null : count - 1);
  }

  private void rest() {
    if (subscription != null) {
      subscription.cancel();
      subscription = null;
    }
    if (polling != null) {
      vertx.cancelTimer(polling);
      polling = null;
    }
    // Who comes next begins anew, so what happens meanwhile need not be known.
    position = null;
  }

  private void poll() {
    wake();
    if (System.nanoTime() - lastSign >= config.heartbeat().toNanos()) {
      lastSign = System.nanoTime();
      var now = position;
      if (now != null) {
        // Clients remember the id, so that one to whom nothing happens for long can go on from
        // here.
        var encoder = new Encoder<E>(json);
        for (var group : List.copyOf(groups.values())) {
          tell(group, encoder.change(now.id(group.query()), List.of(), List.of(), group.query()));
        }
      }
    }
  }

  private void wake() {
    again = true;
    if (reading || scheduled || ended) {
      return;
    }
    var left = config.pace().toNanos() - (System.nanoTime() - lastStart);
    if (left <= 0) {
      read();
    } else {
      scheduled = true;
      vertx.setTimer(
          Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)),
          _ -> {
            scheduled = false;
            read();
          });
    }
  }

  private void read() {
    again = false;
    if (waiting.isEmpty() && groups.isEmpty()) {
      return;
    }
    reading = true;
    lastStart = System.nanoTime();
    var arriving = waiting.stream().limit(ARRIVING_AT_ONCE).toList();
    var next =
        new Reading<>(
            view,
            json,
            config,
            position,
            arriving,
            List.copyOf(groups.values()),
            key -> lists > 0 || watchedKeys.containsKey(key));
    // Hibernate Reactive keeps its session in a context of its own, on this very event loop.
    var own = VertxContext.createNewDuplicatedContext(context);
    VertxContextSafetyToggle.setContextSafe(own, true);
    own.runOnContext(
        _ ->
            inTime(next)
                .subscribe()
                .with(
                    done -> context.runOnContext(_ -> finish(() -> told(done))),
                    failure -> context.runOnContext(_ -> finish(() -> failed(arriving, failure)))));
  }

  /**
   * A reading that takes too long is left alone. Cancelled, its session would be closed beneath the
   * statement that it waits for, which is reported as a defect. So it ends with that statement, and
   * nobody is told.
   */
  private Uni<Reading<E>> inTime(Reading<E> next) {
    return Uni.createFrom()
        .<Reading<E>>emitter(
            emitter -> {
              emitter.onTermination(next::end);
              next.read(reads).subscribe().with(emitter::complete, emitter::fail);
            })
        .ifNoItem()
        .after(config.timeout())
        .failWith(() -> new TimeoutException("no rows after " + config.timeout()));
  }

  private void finish(Runnable what) {
    reading = false;
    if (ended) {
      return;
    }
    try {
      what.run();
    } catch (RuntimeException e) {
      // Each may go on from the last event that it has got.
      Log.errorf(e, "The changes of view %s could not be told", view.name());
      dismiss(End.DEFECT);
    }
    if (again || !waiting.isEmpty()) {
      wake();
    }
  }

  private void failed(List<Member<E>> arriving, Throwable failure) {
    if (!failing) {
      failing = true;
      Log.warnf("The changes of view %s cannot be read at the moment: %s", view.name(), failure);
    }
    // Who has been told something waits for the next reading: it finds all that has changed since.
    for (var member : arriving) {
      if (waiting.remove(member)) {
        member.subscriber.failed(failure);
      }
    }
  }

  private void told(Reading<E> done) {
    if (failing) {
      failing = false;
      Log.infof("The changes of view %s are being read again", view.name());
    }
    var encoder = new Encoder<E>(json);
    for (var group : List.copyOf(groups.values())) {
      tellChanges(group, done, encoder);
    }
    Map<String, LiveEvent<E>> states = new HashMap<>();
    for (var member : done.arriving()) {
      if (waiting.remove(member)) {
        welcome(member, done, encoder, states);
      }
    }
    position = groups.isEmpty() && waiting.isEmpty() ? null : done.position();
  }

  private void tellChanges(Group<E> group, Reading<E> done, Encoder<E> encoder) {
    var query = group.query();
    var page = done.reset().isPresent() || group.remembersTooMuch() ? done.page(query) : null;
    if (page != null) {
      var why = done.reset().or(() -> Optional.of(Reset.TOO_MANY_CHANGES));
      group.forget();
      group.remember(page.rows());
      var id = done.position().id(query);
      tell(group, encoder.state(id, page, why, Optional.empty(), query));
      return;
    }
    var key = query.key();
    if (done.changed().isEmpty() || (key.isPresent() && !done.changed().contains(key.get()))) {
      return;
    }
    Collection<Object> changed = key.isPresent() ? List.of(key.get()) : done.changed();
    var told = group.tell(changed, done.present());
    if (told != null) {
      var id = done.position().id(query);
      tell(group, encoder.change(id, told.rows(), told.gone(), query));
    }
  }

  private void welcome(
      Member<E> member, Reading<E> done, Encoder<E> encoder, Map<String, LiveEvent<E>> states) {
    var query = member.query;
    var group =
        groups.computeIfAbsent(
            query.name(),
            _ -> {
              query
                  .key()
                  .ifPresentOrElse(k -> watchedKeys.merge(k, 1, Integer::sum), () -> lists++);
              return new Group<>(query, config.maxRemembered());
            });
    group.members().add(member);
    var missed = done.missedBy(member);
    if (missed == null) {
      var page = done.page(query);
      if (page == null) {
        throw new IllegalStateException("nobody has read what " + view.name() + " begins with");
      }
      group.remember(page.rows());
      var reset = done.resetOf(member);
      var state =
          states.computeIfAbsent(
              query.name() + '\0' + reset,
              _ ->
                  encoder.state(
                      done.position().id(query), page, reset, done.viewPosition(), query));
      tell(List.of(member), state);
    } else {
      group.remember(done.whole(query));
      query.key().map(done.present()::get).ifPresent(row -> group.remember(List.of(row)));
      var told = group.tellReturned(missed, done.present());
      tell(
          List.of(member),
          encoder.returned(
              done.position().id(query), told.rows(), told.gone(), done.viewPosition(), query));
    }
  }

  private void tell(Group<E> group, LiveEvent<E> event) {
    tell(List.copyOf(group.members()), event);
  }

  // A row that cannot be represented is a defect of those who watch it, and of nobody else.
  private void tell(List<Member<E>> members, LiveEvent<E> event) {
    try {
      events.increment(members.size());
      members.forEach(member -> member.subscriber.next(event));
    } catch (RuntimeException e) {
      Log.errorf(e, "A change of view %s could not be told", view.name());
      members.forEach(this::leave);
      members.forEach(member -> member.subscriber.ended(End.DEFECT));
    }
  }
}
