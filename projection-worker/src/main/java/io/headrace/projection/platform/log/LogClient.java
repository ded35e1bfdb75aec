package io.headrace.projection.platform.log;

import io.smallrye.faulttolerance.api.Guard;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import java.io.IOException;
import java.net.URI;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * Each command service as a remote that fails: limited in time and number, tried again, left alone.
 */
@ApplicationScoped
class LogClient {

  private static final int CIRCUIT_VOLUME = 10;
  private static final double CIRCUIT_RATIO = 0.5;
  private static final int PAUSE_MILLIS = 200;
  private static final int LONGEST_PAUSE_MILLIS = 2_000;

  @Produces
  @ApplicationScoped
  EventLog eventLog(LogClientConfig config) {
    return new ContextLogs(
        config.url(), Map.copyOf(config.urls()), service -> remote(service, config));
  }

  private static EventLog remote(URI service, LogClientConfig config) {
    Guard guard =
        Guard.create()
            .withDescription("the event log of " + service)
            .withBulkhead()
            .limit(config.concurrency())
            .queueSize(config.concurrency())
            .done()
            .withTimeout()
            .duration(config.answerTimeout().toMillis(), ChronoUnit.MILLIS)
            .done()
            .withCircuitBreaker()
            .requestVolumeThreshold(CIRCUIT_VOLUME)
            .failureRatio(CIRCUIT_RATIO)
            .delay(1, ChronoUnit.SECONDS)
            .done()
            // Reads have no effect, so they may be made again.
            .withRetry()
            .maxRetries(config.retries())
            .delay(PAUSE_MILLIS, ChronoUnit.MILLIS)
            .jitter(PAUSE_MILLIS / 2, ChronoUnit.MILLIS)
            .withExponentialBackoff()
            .maxDelay(LONGEST_PAUSE_MILLIS, ChronoUnit.MILLIS)
            .done()
            .retryOn(IOException.class)
            .done()
            .build();
    return new HttpEventLog(
        service,
        new HttpEventLog.Protection() {
          @Override
          public <T> T call(Class<T> type, Callable<T> call) throws Exception {
            return guard.call(call, type);
          }
        },
        config.answerTimeout(),
        config.silenceTimeout());
  }
}
