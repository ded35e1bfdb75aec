package io.headrace.query.platform.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.headrace.query.platform.view.Criterion;
import io.headrace.query.platform.view.ExportableView;
import io.headrace.query.platform.view.Sort;
import io.quarkus.hibernate.reactive.panache.Panache;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A view as of one moment, piece by piece: all pieces are read in one REPEATABLE READ transaction,
 * which PostgreSQL gives one snapshot, in the order of the key, each from where the one before it
 * ended. At most one piece is in memory, and the next one is read when a client has taken it.
 *
 * <p>A connection that is silent for too long is closed. So while a client takes its time the
 * database is asked something now and then; while the database does, it is given less time than
 * that.
 */
final class Export<E> {

  private static final String SNAPSHOT =
      "set transaction isolation level repeatable read, read only";

  private static final String ALIVE = "select 1";
  private static final int BEATS_IN_SILENCE = 3;

  private final ExportableView<E, ?, ?> view;
  private final List<Criterion<E>> criteria;
  private final RowFormat format;
  private final int batch;
  private final Duration fetchTimeout;
  private final Duration beat;
  private final List<Sort.Term<E>> order;

  private @Nullable List<Object> place;
  private boolean complete;

  Export(
      ExportableView<E, ?, ?> view,
      List<Criterion<E>> criteria,
      RowFormat format,
      ExportConfig config,
      Duration connectionSilence) {
    this.view = view;
    this.criteria = criteria;
    this.format = format;
    this.batch = config.batch();
    this.fetchTimeout = config.fetchTimeout();
    this.beat = connectionSilence.dividedBy(BEATS_IN_SILENCE);
    this.order = view.keys().stream().map(it -> new Sort.Term<>(it, false)).toList();
  }

  /**
   * On a Vert.x context that is the request's own. Ends when the last piece has been taken, or
   * fails; either way the transaction is over then.
   *
   * @param taken takes a piece, and completes when it may have the next one
   */
  Uni<Void> run(Function<Buffer, Uni<Void>> taken) {
    var context = Vertx.currentContext();
    return Panache.withTransaction(
        () ->
            prepare()
                .chain(
                    () ->
                        Multi.createBy()
                            .repeating()
                            .uni(() -> piece().chain(it -> handOver(it, taken, context)))
                            .until(_ -> complete)
                            .collect()
                            .last())
                .replaceWithVoid());
  }

  private Uni<Boolean> handOver(Buffer piece, Function<Buffer, Uni<Void>> taken, Context context) {
    return awaited(taken.apply(piece).replaceWith(true).subscribeAsCompletionStage(), context);
  }

  /** Of its own: what is awaited can fail for being late, too, and that is no beat. */
  private static final class Beat extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Beat() {
      super(null, null, false, false);
    }
  }

  private Uni<Boolean> awaited(CompletableFuture<Boolean> taken, Context context) {
    return Uni.createFrom()
        // A copy may be cancelled, and asked for again.
        .completionStage(taken::copy)
        .ifNoItem()
        .after(beat)
        .failWith(Beat::new)
        .onFailure(Beat.class)
        .recoverWithItem(false)
        // Time passes elsewhere, and a session belongs to its context.
        .emitOn(command -> context.runOnContext(_ -> command.run()))
        .chain(
            over ->
                over
                    ? Uni.createFrom().item(true)
                    : Panache.getSession()
                        .chain(it -> it.createNativeQuery(ALIVE, Integer.class).getSingleResult())
                        .chain(() -> awaited(taken, context)));
  }

  private Uni<Void> prepare() {
    return execute(SNAPSHOT)
        .chain(() -> execute("set local statement_timeout = " + fetchTimeout.toMillis()))
        .replaceWithVoid();
  }

  private static Uni<Integer> execute(String sql) {
    return Panache.getSession().chain(session -> session.createNativeQuery(sql).executeUpdate());
  }

  private Uni<Buffer> piece() {
    var parameters = new HashMap<String, Object>();
    var hql = new StringBuilder(Pages.where(view, criteria, parameters));
    var first = place == null;
    if (place != null) {
      hql.append(" and ").append(Pages.beyond(place, order, false, parameters));
    }
    hql.append(Pages.orderBy(order, false));
    return view.find(hql.toString(), parameters)
        .range(0, batch - 1)
        .<E>list()
        .chain(rows -> forget().replaceWith(rows))
        .map(rows -> encoded(rows, first));
  }

  // The session would keep every row that it has read.
  private static Uni<Void> forget() {
    return Panache.getSession().invoke(session -> session.clear()).replaceWithVoid();
  }

  private Buffer encoded(List<E> rows, boolean first) {
    var piece = Buffer.buffer(first ? format.head() : "");
    try {
      for (var row : rows) {
        piece.appendString(format.line(view.represent(row)));
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a row of " + view.name() + " cannot be written", e);
    }
    complete = rows.size() < batch;
    if (!rows.isEmpty()) {
      place = order.stream().map(it -> it.by().of().apply(rows.getLast())).toList();
    }
    return piece;
  }
}
