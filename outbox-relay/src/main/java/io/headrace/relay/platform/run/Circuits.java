package io.headrace.relay.platform.run;

import io.smallrye.faulttolerance.api.CircuitBreakerState;
import io.smallrye.faulttolerance.api.Guard;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The circuit breakers before Kafka and PostgreSQL. An open one lets nobody ask for some seconds,
 * and shows in health and metrics that the relay is not at fault.
 */
@ApplicationScoped
public class Circuits {

  static final String KAFKA = "kafka";
  static final String DATABASE = "database";

  private static final int FAILURES = 3;
  private static final long DELAY_SECONDS = 5;

  private final Map<String, CircuitBreakerState> states = new ConcurrentHashMap<>();
  private final Map<String, Guard> guards = Map.of(KAFKA, guard(KAFKA), DATABASE, guard(DATABASE));

  private Guard guard(String name) {
    states.put(name, CircuitBreakerState.CLOSED);
    return Guard.create()
        .withDescription("relay-" + name)
        .withCircuitBreaker()
        .requestVolumeThreshold(FAILURES)
        .failureRatio(1)
        .delay(DELAY_SECONDS, ChronoUnit.SECONDS)
        // A refusal, or being fenced, says that the other side works.
        .when(failure -> !RelaySupervisor.isDecision(failure))
        .onStateChange(state -> states.put(name, state))
        .done()
        .build();
  }

  <T> T call(String name, Class<T> type, Callable<T> callable) throws Exception {
    Guard guard = guards.get(name);
    if (guard == null) {
      throw new IllegalArgumentException(name);
    }
    return guard.call(callable, type);
  }

  /** The state of each, by its name. */
  Map<String, CircuitBreakerState> states() {
    return Map.copyOf(states);
  }
}
