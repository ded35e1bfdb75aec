package io.headrace.benchmarks.relay;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/**
 * From the return of a commit until a reader of committed records has the event. The writer commits
 * up to a hundred times a second, as many events at a time as the rate asks for.
 */
final class Latency {

  private static final int COMMITS = 100;

  private final EventLog log;
  private final String context;
  private int number;

  Latency(EventLog log, String context) {
    this.log = log;
    this.context = context;
  }

  /**
   * @param p50 milliseconds
   * @param p99 milliseconds
   */
  record Result(double p50, double p99) {

    /**
     * @param from by the clock of {@link System#nanoTime}
     */
    static Result of(long[] from, long[] received) {
      double[] millis = new double[from.length];
      for (int i = 0; i < from.length; i++) {
        // The event may have come before the writer's thread ran on.
        millis[i] = Math.max(0, received[i] - from[i]) / 1e6;
      }
      Arrays.sort(millis);
      return new Result(millis[millis.length / 2], millis[millis.length * 99 / 100]);
    }
  }

  /**
   * @param consumer is at the end of the topic, and there again afterwards
   */
  Result measure(KafkaConsumer<String, byte[]> consumer, int rate, Duration duration)
      throws SQLException, InterruptedException {
    int commits = Math.min(COMMITS, rate);
    int width = rate / commits;
    int events = Math.toIntExact(commits * duration.toSeconds() * width);
    long[] committed = new long[events];
    long[] received = new long[events];
    int first = number;
    number += events;
    Thread reader = Thread.ofPlatform().start(() -> receive(consumer, first, received));
    write(committed, first, commits, width);
    reader.join();
    return Result.of(committed, received);
  }

  private void write(long[] committed, int first, int commits, int width) throws SQLException {
    try (Connection connection = log.connect();
        PreparedStatement insert =
            connection.prepareStatement(
                """
                INSERT INTO event_log
                SELECT 'latency-' || i, 1, '%1$s', '%1$s.Happened.v1', 'latency-' || i, 0,
                       '{"ce_correlationid":"c"}', '{"n":' || i || ',"text":"' || repeat('x', 200) || '"}'
                  FROM generate_series(?, ?) i
                """
                    .formatted(context))) {
      connection.setAutoCommit(false);
      long period = 1_000_000_000L / commits;
      long next = System.nanoTime();
      for (int i = 0; i < committed.length; i += width) {
        LockSupport.parkNanos(next - System.nanoTime());
        next += period;
        insert.setInt(1, first + i);
        insert.setInt(2, first + i + width - 1);
        insert.executeUpdate();
        connection.commit();
        long now = System.nanoTime();
        Arrays.fill(committed, i, i + width, now);
      }
    }
  }

  static void receive(KafkaConsumer<String, byte[]> consumer, int first, long[] received) {
    for (int left = received.length; left > 0; ) {
      for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(500))) {
        long now = System.nanoTime();
        String value = new String(record.value(), 5, record.value().length - 5, UTF_8);
        int index = Integer.parseInt(value.substring(0, value.indexOf(','))) - first;
        if (index >= 0 && received[index] == 0) {
          received[index] = now;
          left--;
        }
      }
    }
  }
}
