package io.headrace.command.platform.log;

import java.time.Duration;

/** The reads of streams as the service has them, for tests that start no service. */
public final class TestReads {

  private TestReads() {}

  public static Reads of(EventLog log) {
    return new Reads(
        log,
        new LogConfig() {
          @Override
          public Duration statementTimeout() {
            return Duration.ofSeconds(4);
          }

          @Override
          public Duration connectionSilence() {
            return Duration.ofSeconds(15);
          }

          @Override
          public int readBatch() {
            return 64;
          }
        });
  }
}
