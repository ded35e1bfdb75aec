package io.headrace.relay.platform.source;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import io.headrace.relay.platform.DatabaseConfig;
import io.headrace.relay.platform.RelayConfig;
import io.headrace.relay.platform.record.LogChange;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/** One run of the Debezium engine over the slot. Used once: {@link #run}, then never again. */
public final class LogStream {

  /**
   * Takes the changes in the order of the log. When it returns, they are published for good: the
   * slot is told so. When it throws, the stream ends.
   */
  @FunctionalInterface
  public interface Sink {
    void take(List<LogChange> changes);
  }

  private final DebeziumEngine<RecordChangeEvent<SourceRecord>> engine;
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final Sink sink;

  /** Held while a batch is under way, so that {@link #stop} lets it come to its end. */
  private final ReentrantLock batch = new ReentrantLock();

  private volatile boolean stopping;

  /**
   * @param from the end of a transaction: what was committed later is streamed
   */
  public LogStream(DatabaseConfig database, RelayConfig config, long from, Sink sink) {
    this.sink = sink;
    this.engine =
        DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
            .using(settings(database, config, from))
            .using(LogStream.class.getClassLoader())
            .using((_, _, error) -> failure.compareAndSet(null, error))
            .notifying(this::handle)
            .build();
  }

  /** Streams until {@link #stop}, or until something fails. */
  public void run() throws StreamFailedException {
    engine.run();
    Throwable error = failure.get();
    if (!stopping) {
      throw new StreamFailedException(
          error == null ? new IllegalStateException("the engine ended by itself") : error);
    }
  }

  /** Lets the batch under way come to its end, then ends {@link #run}. */
  public void stop() {
    stopping = true;
    close();
  }

  /** The same, and has {@link #run} fail for this reason. */
  public void abandon(String reason) {
    failure.compareAndSet(null, new SQLException(reason));
    close();
  }

  private void close() {
    batch.lock();
    try {
      engine.close();
    } catch (IOException | IllegalStateException _) {
      // Starting, or stopping by itself already: the former is tried again by the caller.
    } finally {
      batch.unlock();
    }
  }

  private void handle(
      List<RecordChangeEvent<SourceRecord>> records,
      RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
      throws InterruptedException {
    batch.lockInterruptibly();
    try {
      for (RecordChangeEvent<SourceRecord> record : records) {
        sink.take(changes(record.record()));
        committer.markProcessed(record);
      }
      committer.markBatchFinished();
    } finally {
      batch.unlock();
    }
  }

  /** The task puts a whole batch into a record. */
  @SuppressWarnings("unchecked")
  private static List<LogChange> changes(SourceRecord record) {
    return (List<LogChange>) record.value();
  }

  private static Properties settings(DatabaseConfig database, RelayConfig config, long from) {
    Properties settings = new Properties();
    settings.setProperty("name", "headrace-relay");
    settings.setProperty("topic.prefix", "headrace");
    settings.setProperty("connector.class", LogConnector.class.getName());
    settings.setProperty("database.hostname", database.host());
    settings.setProperty("database.port", Integer.toString(database.port()));
    settings.setProperty("database.dbname", database.name());
    settings.setProperty("database.user", database.user());
    settings.setProperty("database.password", database.password());
    settings.setProperty("database.sslmode", database.sslMode().wire());
    settings.setProperty("database.sslrootcert", database.sslCa());
    settings.setProperty("plugin.name", "pgoutput");
    settings.setProperty("slot.name", config.slot());
    settings.setProperty("slot.drop.on.stop", "false");
    settings.setProperty("publication.name", config.publication());
    settings.setProperty("publication.autocreate.mode", "disabled");
    settings.setProperty("table.include.list", config.table().replace(".", "\\."));
    settings.setProperty("snapshot.mode", "no_data");
    settings.setProperty("tombstones.on.delete", "false");
    settings.setProperty("provide.transaction.metadata", "false");
    settings.setProperty(LogTask.START, Long.toString(from));
    settings.setProperty(LogTask.BATCH_CHANGES, Integer.toString(config.maxBatch()));
    settings.setProperty(LogTask.BATCH_BYTES, Long.toString(config.maxBatchBytes().asLongValue()));
    settings.setProperty(LogTask.QUEUE_CHANGES, Integer.toString(config.maxQueue()));
    settings.setProperty(LogTask.QUEUE_BYTES, Long.toString(config.maxQueueBytes().asLongValue()));

    settings.setProperty("offset.storage", EngineOffsets.class.getName());
    settings.setProperty("lsn.flush.mode", "connector");

    // Every failure ends the engine: the next one begins at the position that Kafka holds. A retry
    // inside of this one would begin at the offset that happened to be flushed last.
    settings.setProperty("errors.max.retries", "0");
    settings.setProperty("slot.max.retries", "0");

    // PostgreSQL frees the slot of a relay that is silent for so long. The status updates that
    // break the silence come from a thread of their own, even while the reader waits for Kafka.
    long silence = config.silenceLimit().toMillis();
    settings.setProperty(LogTask.STATUS_INTERVAL, Long.toString(Math.max(100, silence / 4)));
    settings.setProperty("driver.options", "-c wal_sender_timeout=" + silence);
    settings.setProperty("driver.connectTimeout", "5");
    settings.setProperty("driver.socketTimeout", "30");
    return settings;
  }
}
