package io.headrace.systemtests.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.localstack.Stack;
import io.headrace.systemtests.olist.OlistData;
import io.headrace.systemtests.olist.OlistGenerator;
import io.headrace.systemtests.olist.OlistReader;
import io.headrace.systemtests.replay.Progress;
import io.headrace.systemtests.replay.ReplayRun;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever is killed in the middle of a replay, the reconciliation holds: nothing is lost, nothing
 * happens twice, and nobody has to help.
 */
@ExtendWith(WithStack.class)
class FaultsTest {

  private static final int ORDERS = 150;

  /** {@code -Dheadrace.test.outage-seconds=30} is what the release is checked with. */
  private static final Duration OUTAGE =
      Duration.ofSeconds(Long.getLong("headrace.test.outage-seconds", 5));

  private static final Duration PATIENCE = Duration.ofSeconds(120);

  @TempDir Path folder;

  @Test
  void every_service_and_both_servers_are_killed_and_started_again(Stack stack)
      throws InterruptedException {
    Map<Integer, Runnable> faults = new ConcurrentHashMap<>();
    List<String> victims = List.of("command", "relay", "worker", "query", "postgres", "kafka");
    for (int i = 0; i < victims.size(); i++) {
      String victim = victims.get(i);
      faults.put(
          ORDERS * (i + 1) / (victims.size() + 2),
          () -> {
            System.out.println("killing " + victim);
            stack.kill(victim);
            stack.start(victim);
          });
    }

    ReplayRun.Result result = replay(stack, "killed", 1, faults);

    assertThat(faults).isEmpty();
    holds(result);
    assertThat(result.retries()).isPositive();
    stack.awaitReady();
  }

  @Test
  void kafka_and_then_postgresql_are_away_for_a_while(Stack stack) throws InterruptedException {
    Map<Integer, Runnable> faults = new ConcurrentHashMap<>();
    faults.put(ORDERS / 4, () -> kafkaIsAway(stack));
    faults.put(ORDERS / 2, () -> postgresIsAway(stack));

    ReplayRun.Result result = replay(stack, "away", 2, faults);

    assertThat(faults).isEmpty();
    holds(result);
    stack.awaitReady();
    // What was accepted while Kafka was away is in the view like everything else.
    await()
        .atMost(PATIENCE)
        .until(() -> Http.get(stack.queryUrl() + "/orders/probe-kafka-0").status() == 200);
  }

  private static void kafkaIsAway(Stack stack) {
    stack.kill("kafka");
    try {
      int[] probe = {0};
      await()
          .atMost(OUTAGE.plusSeconds(20))
          .during(OUTAGE)
          .until(
              () -> {
                Http.Answer answer = place(stack, "probe-kafka-" + probe[0]++);
                assertThat(answer.status()).as(answer.body().toString()).isEqualTo(201);
                return true;
              });
    } finally {
      stack.start("kafka");
    }
  }

  private static void postgresIsAway(Stack stack) {
    stack.kill("postgres");
    try {
      await()
          .atMost(OUTAGE.plusSeconds(20))
          .during(OUTAGE)
          .until(
              () -> {
                Http.Answer answer = place(stack, "probe-postgres");
                assertThat(answer.status()).as(answer.body().toString()).isEqualTo(503);
                assertThat(answer.header("Retry-After")).isNotEmpty();
                assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
                Http.Answer query = Http.get(stack.queryUrl() + "/orders/probe-postgres");
                assertThat(query.status()).as(query.body().toString()).isEqualTo(503);
                assertThat(query.header("Retry-After")).isNotEmpty();
                return true;
              });
    } finally {
      stack.start("postgres");
    }
  }

  private static Http.Answer place(Stack stack, String orderId) {
    return Http.post(
        stack.commandUrl() + "/ordering/orders/" + orderId + "/place-order",
        """
        {"customerId": "probe", "lines": [
          {"productId": "p1", "sellerId": "probe-seller", "quantity": 1,
           "unitPrice": {"amount": "1.00", "currency": "BRL"},
           "freight": {"amount": "0", "currency": "BRL"}}]}
        """);
  }

  /**
   * @param faults by the number of orders that have ended when they happen; each is removed when it
   *     is over. The replay goes on meanwhile as far as it can.
   */
  private ReplayRun.Result replay(
      Stack stack, String runId, long seed, Map<Integer, Runnable> faults)
      throws InterruptedException {
    OlistGenerator.generate(folder, ORDERS, seed, _ -> {});
    OlistData data = OlistReader.read(folder);
    try (ReplayRun run =
        new ReplayRun(
            URI.create(stack.commandUrl()),
            URI.create(stack.queryUrl()),
            new ReplayRun.Settings(32, PATIENCE),
            new Injector(faults))) {
      return run.replay(data, runId);
    }
  }

  private static final class Injector implements Progress {
    private final Map<Integer, Runnable> faults;
    private final ReentrantLock oneAtATime = new ReentrantLock();
    private boolean replaying;

    Injector(Map<Integer, Runnable> faults) {
      this.faults = faults;
    }

    @Override
    public void begin(String what, long total) {
      replaying = what.equals("Replay");
    }

    /** Each number is reported once, by the thread that ended that order. */
    @Override
    public void step(long done, String detail) {
      Runnable fault = replaying ? faults.get((int) done) : null;
      if (fault != null) {
        oneAtATime.lock();
        try {
          fault.run();
        } finally {
          oneAtATime.unlock();
        }
        faults.remove((int) done);
      }
    }

    @Override
    public void close() {}
  }

  private static void holds(ReplayRun.Result result) {
    System.out.println(result.reconciliation().table());
    System.out.printf(
        "%d commands, %.0f commands/s, %d requests sent again, views after %d ms%n",
        result.run().sent(),
        result.run().commandsPerSecond(),
        result.retries(),
        result.catchUp().toMillis());
    assertThat(result.reconciliation().differences()).isEmpty();
  }
}
