package io.headrace.command.platform;

import static io.headrace.command.platform.Api.increase;
import static io.headrace.command.platform.Api.newId;
import static io.headrace.command.platform.Api.open;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;

import io.headrace.localstack.PostgresOptions;
import io.headrace.localstack.PostgresServer;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import io.smallrye.faulttolerance.api.CircuitBreakerMaintenance;
import io.smallrye.faulttolerance.api.CircuitBreakerState;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A PostgreSQL of its own that goes away while clients send commands, and comes back. */
@QuarkusTest
@TestProfile(CircuitBreakerTest.OwnPostgres.class)
class CircuitBreakerTest {

  /** A new stream is written without a read; of one that is there the state is read first. */
  private static final List<String> BREAKERS = List.of("log-write", "log-read");

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  public static class OwnPostgres implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("headrace.process.enabled", "false");
    }

    @Override
    public List<TestResourceEntry> testResources() {
      return List.of(new TestResourceEntry(Server.class));
    }
  }

  public static class Server implements QuarkusTestResourceLifecycleManager {

    private static PostgresServer postgres;

    @Override
    public Map<String, String> start() {
      postgres = PostgresServer.start(PostgresOptions.throwaway());
      return Map.of(
          "headrace.database.host",
          postgres.host(),
          "headrace.database.port",
          String.valueOf(postgres.port()));
    }

    @Override
    public void stop() {
      postgres.close();
    }
  }

  @Inject CircuitBreakerMaintenance breakers;

  @Test
  void it_opens_while_the_database_is_away_and_closes_when_it_is_back() throws Exception {
    String id = newId();
    open(id).then().statusCode(201);
    var accepted = new AtomicLong();
    var opened = new AtomicLong();
    var unknown = new AtomicLong();
    var over = new AtomicBoolean();
    List<Future<?>> running = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      try {
        for (int i = 0; i < 8; i++) {
          running.add(
              clients.submit(
                  () -> {
                    while (!over.get()) {
                      count(increase(id, 1), accepted, unknown);
                      count(open(newId()), opened, new AtomicLong());
                    }
                  }));
        }
        await().atMost(PATIENCE).until(() -> accepted.get() > 100 && opened.get() > 100);
        for (String breaker : BREAKERS) {
          assertThat(breakers.currentState(breaker)).isEqualTo(CircuitBreakerState.CLOSED);
        }

        Server.postgres.stop();
        awaitBreakers(CircuitBreakerState.OPEN);
        increase(id, 1).then().statusCode(503).body("effect", equalTo("none"));
        open(newId()).then().statusCode(503).body("effect", equalTo("none"));

        Server.postgres.start();
        awaitBreakers(CircuitBreakerState.CLOSED);
        long before = accepted.get();
        await().atMost(PATIENCE).until(() -> accepted.get() > before + 100);
      } finally {
        over.set(true);
      }
    }
    for (Future<?> client : running) {
      client.get();
    }
    long total = Api.state(id).jsonPath().getLong("state.total");
    assertThat(total).isBetween(accepted.get(), accepted.get() + unknown.get());
  }

  private static void count(Response answer, AtomicLong accepted, AtomicLong unknown) {
    if (answer.statusCode() < 300) {
      accepted.incrementAndGet();
    } else {
      answer.then().statusCode(503);
      if (!answer.jsonPath().getString("effect").equals("none")) {
        unknown.incrementAndGet();
      }
    }
  }

  private void awaitBreakers(CircuitBreakerState state) {
    for (String breaker : BREAKERS) {
      await(breaker)
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> breakers.currentState(breaker) == state);
    }
  }
}
