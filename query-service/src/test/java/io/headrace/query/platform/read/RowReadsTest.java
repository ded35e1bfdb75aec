package io.headrace.query.platform.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.query.platform.view.View;
import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.vertx.core.runtime.context.VertxContextSafetyToggle;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.eclipse.microprofile.faulttolerance.exceptions.BulkheadException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class RowReadsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final View VIEW = () -> "orders";

  @TestHTTPResource URI root;
  @Inject ViewReads reads;
  @Inject Vertx vertx;

  private Context loop;

  /** A statement that is answered when the test says so. */
  private record Asked(List<String> keys, UniEmitter<? super Map<String, String>> emitter) {

    void answer() {
      var rows = new HashMap<String, String>();
      keys.forEach(key -> rows.put(key, "row of " + key));
      emitter.complete(rows);
    }
  }

  private final List<Asked> asked = new CopyOnWriteArrayList<>();

  private Uni<Map<String, String>> load(List<String> keys) {
    var context = Vertx.currentContext();
    return Uni.createFrom()
        .<Map<String, String>>emitter(emitter -> asked.add(new Asked(keys, emitter)))
        .emitOn(command -> context.runOnContext(_ -> command.run()));
  }

  @BeforeEach
  void an_event_loop() {
    Rows.clear();
    asked.clear();
    loop = vertx.getOrCreateContext();
  }

  private Context request() {
    var context = VertxContext.createNewDuplicatedContext(loop);
    VertxContextSafetyToggle.setContextSafe(context, true);
    return context;
  }

  private CompletableFuture<String> read(RowReads<String, String> rows, String key) {
    var answer = new CompletableFuture<String>();
    var context = request();
    context.runOnContext(
        _ ->
            rows.read(key)
                .subscribe()
                .with(
                    found -> {
                      if (Vertx.currentContext() == context) {
                        answer.complete(Optional.ofNullable(found.value()).orElse("none"));
                      } else {
                        answer.completeExceptionally(
                            new AssertionError("on the context of another"));
                      }
                    },
                    answer::completeExceptionally));
    return answer;
  }

  private void answerAll(List<? extends CompletableFuture<?>> until) {
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              asked.forEach(Asked::answer);
              return until.stream().allMatch(CompletableFuture::isDone);
            });
  }

  @Test
  void reads_gather_while_a_statement_is_under_way_and_share_the_next() {
    var rows = reads.byKey(VIEW, this::load);
    var answers = new ArrayList<CompletableFuture<String>>();
    answers.add(read(rows, "alone"));
    await().atMost(PATIENCE).until(() -> asked.size() == 1);
    assertThat(asked.getFirst().keys()).containsExactly("alone");
    for (int i = 0; i < 200; i++) {
      answers.add(read(rows, "k-" + i % 100));
    }
    answerAll(answers);
    assertThat(answers.getFirst().join()).isEqualTo("row of alone");
    for (int i = 0; i < 200; i++) {
      assertThat(answers.get(i + 1).join()).isEqualTo("row of k-" + i % 100);
    }
    // The second is sent beside the first if the test is slow, and so is a third.
    assertThat(asked.size()).isBetween(2, 6);
    assertThat(asked.stream().mapToInt(it -> it.keys().size()).sum()).isLessThan(200);
  }

  @Test
  void a_slow_statement_is_overtaken() {
    var rows = reads.byKey(VIEW, this::load);
    var slow = read(rows, "slow");
    await().atMost(PATIENCE).until(() -> asked.size() == 1);
    var next = read(rows, "next");
    await().atMost(PATIENCE).until(() -> asked.size() == 2);
    asked.getLast().answer();
    assertThat(next.orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo("row of next");
    asked.getFirst().answer();
    assertThat(slow.handle((row, failure) -> row != null || failure != null).join()).isTrue();
  }

  @Test
  void a_key_that_cannot_be_read_fails_alone() {
    var rows =
        reads.<String, String>byKey(
            VIEW,
            keys ->
                keys.contains("bad")
                    ? Uni.createFrom().failure(new IllegalStateException("unreadable"))
                    : load(keys));
    var bad = new CopyOnWriteArrayList<CompletableFuture<String>>();
    var good = new CopyOnWriteArrayList<CompletableFuture<String>>();
    loop.runOnContext(
        _ -> {
          for (int i = 0; i < 9; i++) {
            (i == 4 ? bad : good).add(read(rows, i == 4 ? "bad" : "k-" + i));
          }
        });
    await().atMost(PATIENCE).until(() -> good.size() == 8);
    answerAll(good);
    for (var answer : good) {
      assertThat(answer.join()).startsWith("row of k-");
    }
    assertThat(bad.getFirst())
        .failsWithin(PATIENCE)
        .withThrowableThat()
        .withCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  void so_many_reads_wait_and_no_more_and_those_that_are_given_up_cost_nothing() {
    var rows = reads.byKey(VIEW, this::load);
    var first = read(rows, "first");
    await().atMost(PATIENCE).until(() -> asked.size() == 1);
    var given = new CopyOnWriteArrayList<Cancellable>();
    var refused = new AtomicReference<Throwable>();
    var context = request();
    var done = new CompletableFuture<@Nullable Void>();
    context.runOnContext(
        _ -> {
          for (int i = 0; i < 400; i++) {
            given.add(rows.read("gone-" + i).subscribe().with(_ -> {}, refused::set));
          }
          given.forEach(Cancellable::cancel);
          done.complete(null);
        });
    done.join();
    assertThat(refused.get()).isInstanceOf(BulkheadException.class);
    var last = read(rows, "last");
    answerAll(List.of(first, last));
    assertThat(last.join()).isEqualTo("row of last");
    assertThat(asked.stream().flatMap(it -> it.keys().stream()))
        .containsExactlyInAnyOrder("first", "last");
  }

  @Test
  void many_clients_at_once_get_each_its_own_row_by_few_statements() throws Exception {
    try (var connection = Rows.projection()) {
      for (int i = 0; i < 150; i++) {
        Rows.placed(
            connection, "o-" + i, "c-" + i, "placed", Instant.parse("2018-01-31T12:00:00Z"));
      }
    }
    var statements = new CopyOnWriteArrayList<String>();
    var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
    try (var client = HttpClient.newHttpClient();
        var owner = Rows.owner();
        var lock = owner.createStatement()) {
      owner.setAutoCommit(false);
      lock.execute("LOCK TABLE orders_g1 IN ACCESS EXCLUSIVE MODE");
      logging(
          statements,
          () -> {
            for (int i = 0; i < 200; i++) {
              var request = HttpRequest.newBuilder(root.resolve("/orders/o-" + i)).build();
              answers.add(client.sendAsync(request, BodyHandlers.ofString()));
            }
            await().atMost(PATIENCE).until(() -> statements.size() >= 2);
            owner.rollback();
            answers.forEach(CompletableFuture::join);
            return null;
          });
    }
    for (int i = 0; i < 200; i++) {
      var answer = answers.get(i).join();
      assertThat(answer.statusCode()).isEqualTo(i < 150 ? 200 : 404);
      if (i < 150) {
        assertThat(answer.body()).contains("\"orderId\":\"o-" + i + "\"", "\"c-" + i + "\"");
      }
    }
    assertThat(statements).hasSizeLessThan(100);
    assertThat(statements.stream().distinct()).as("whatever their number of keys").hasSize(1);
  }

  private static void logging(List<String> statements, Callable<@Nullable Void> work)
      throws Exception {
    var log = Logger.getLogger("org.hibernate.SQL");
    var before = log.getLevel();
    var handler =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            if (line.getMessage().contains("orders")) {
              statements.add(line.getMessage());
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    log.setLevel(Level.FINE);
    log.addHandler(handler);
    try {
      work.call();
    } finally {
      log.removeHandler(handler);
      log.setLevel(before);
    }
  }
}
