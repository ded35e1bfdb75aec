package io.headrace.relay.platform.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.debezium.config.CommonConnectorConfig;
import io.debezium.config.Configuration;
import io.debezium.connector.postgresql.PostgresConnectorConfig;
import io.debezium.connector.postgresql.PostgresSchema;
import io.debezium.connector.postgresql.PostgresTaskContext;
import io.debezium.connector.postgresql.PostgresValueConverter;
import io.debezium.connector.postgresql.TypeRegistry;
import io.debezium.connector.postgresql.connection.Lsn;
import io.debezium.connector.postgresql.connection.PostgresConnection;
import io.debezium.connector.postgresql.connection.ReplicationConnection;
import io.debezium.connector.postgresql.connection.ReplicationStream;
import io.debezium.connector.postgresql.connection.WalPositionLocator;
import io.debezium.relational.CustomConverterRegistry;
import io.debezium.relational.TableId;
import io.debezium.spi.topic.TopicNamingStrategy;
import io.headrace.relay.platform.position.Position;
import io.headrace.relay.platform.position.PositionLostException;
import io.headrace.relay.platform.record.LogChange;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.jspecify.annotations.Nullable;

/**
 * Reads the slot with Debezium's replication stream and decoder, and hands whole batches of rows to
 * the engine. Debezium's own task makes a schema-checked Connect record of every row, a JMX summary
 * and a future for it; that was most of the relay's work for an event, and nobody reads them.
 *
 * <p>One thread reads, and blocks in the socket while there is nothing: an event is not paid for by
 * a poll interval, nor an idle relay by polling. {@link #poll} takes whatever has come meanwhile,
 * so batches grow by themselves while Kafka is the slower side.
 */
@RegisterForReflection
public final class LogTask extends SourceTask {

  static final String START = "headrace.start.lsn";
  static final String QUEUE_CHANGES = "headrace.queue.changes";
  static final String QUEUE_BYTES = "headrace.queue.bytes";
  static final String BATCH_CHANGES = "headrace.batch.changes";

  static final String BATCH_BYTES = "headrace.batch.bytes";
  static final String STATUS_INTERVAL = "headrace.status.interval.ms";

  /** The acknowledged position, in a record's offset. */
  static final String ACKNOWLEDGED = "lsn";

  private static final Duration PATIENCE = Duration.ofMillis(200);
  private static final long ACKNOWLEDGE_EVERY = Duration.ofSeconds(1).toNanos();
  private static final Map<String, String> PARTITION = Map.of("server", "headrace");

  private @Nullable ChangeBuffer buffer;
  private @Nullable PostgresConnection metadata;
  private @Nullable ReplicationConnection replication;
  private @Nullable Thread reader;
  private int batchChanges;
  private long batchBytes;
  private volatile boolean stopping;

  /** What PostgreSQL may forget. Written when a batch is published, sent by the reader. */
  private volatile long acknowledged;

  @Override
  public String version() {
    return new LogConnector().version();
  }

  @Override
  public void start(Map<String, String> settings) {
    long start = Long.parseLong(settings.get(START));
    batchChanges = Integer.parseInt(settings.get(BATCH_CHANGES));
    batchBytes = Long.parseLong(settings.get(BATCH_BYTES));
    ChangeBuffer changes =
        new ChangeBuffer(
            Integer.parseInt(settings.get(QUEUE_CHANGES)),
            Long.parseLong(settings.get(QUEUE_BYTES)));
    buffer = changes;
    acknowledged = start;
    try {
      ReplicationStream stream = stream(Configuration.from(settings), start);
      // Tells the server that the relay lives while the reader waits for room.
      stream.startKeepAlive(
          Executors.newSingleThreadExecutor(
              Thread.ofPlatform().daemon().name("relay-keep-alive").factory()));
      reader =
          Thread.ofPlatform()
              .daemon()
              .name("relay-reader")
              .start(() -> read(stream, new ChangeReader(start), changes));
    } catch (SQLException | InterruptedException e) {
      stop();
      throw new ConnectException(e);
    } catch (RuntimeException e) {
      stop();
      throw e;
    }
  }

  private ReplicationStream stream(Configuration settings, long start)
      throws SQLException, InterruptedException {
    PostgresConnectorConfig config = new PostgresConnectorConfig(settings);
    TypeRegistry types = PostgresConnection.createTypeRegistry(config.getJdbcConfig());
    PostgresConnection connection =
        new PostgresConnection(
            config.getJdbcConfig(),
            types,
            registry -> PostgresValueConverter.of(config, UTF_8, registry),
            PostgresConnection.CONNECTION_GENERAL);
    metadata = connection;
    PostgresSchema schema =
        new Tables(
            new Context(settings, config),
            config,
            connection,
            PostgresValueConverter.of(config, UTF_8, types));
    ReplicationConnection streaming =
        ReplicationConnection.builder(config)
            .withSlot(config.slotName())
            .withPublication(config.publicationName())
            .withTableFilter(config.getTableFilters())
            .withPublicationAutocreateMode(PostgresConnectorConfig.AutoCreateMode.DISABLED)
            .withPlugin(PostgresConnectorConfig.LogicalDecoder.PGOUTPUT)
            .dropSlotOnClose(false)
            .statusUpdateInterval(Duration.ofMillis(settings.getLong(STATUS_INTERVAL)))
            .withTypeRegistry(types)
            .withSchema(schema)
            .jdbcMetadataConnection(connection)
            .build();
    replication = streaming;
    ReplicationStream stream =
        streaming.startStreaming(Lsn.valueOf(start), new WalPositionLocator());
    requireFrom(start, config.slotName(), connection);
    return stream;
  }

  /**
   * PostgreSQL begins where the slot is when it is asked for less, without a word: events would be
   * skipped. The slot was looked at before, but only now can nobody move it any more.
   */
  private static void requireFrom(long start, String slot, PostgresConnection connection)
      throws SQLException {
    String confirmed =
        connection.prepareQueryAndMap(
            "SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = ?",
            statement -> statement.setString(1, slot),
            row -> row.next() ? row.getString(1) : null);
    connection.commit();
    if (confirmed == null || Long.compareUnsigned(start, Lsn.valueOf(confirmed).asLong()) < 0) {
      throw new PositionLostException(
          "the slot %s was moved to %s while the relay was about to stream from %s"
              .formatted(slot, confirmed, Position.lsn(start)));
    }
  }

  private void read(ReplicationStream stream, ChangeReader changes, ChangeBuffer into) {
    long sent = acknowledged;
    long sentAt = System.nanoTime();
    try {
      while (!stopping) {
        stream.read(message -> into.put(changes.of(message, stream.lastReceivedLsn())));
        if (acknowledged != sent && System.nanoTime() - sentAt > ACKNOWLEDGE_EVERY) {
          sent = acknowledged;
          sentAt = System.nanoTime();
          stream.flushLsn(Lsn.valueOf(sent));
        }
      }
    } catch (InterruptedException _) {
      // Only stop() interrupts this thread.
    } catch (Throwable e) {
      // Errors too: a reader that is gone without a word would look like an idle database.
      into.fail(e);
    } finally {
      stream.stopKeepAlive();
    }
  }

  /** A record is a whole batch, a list of {@link LogChange}. */
  @Override
  public @Nullable List<SourceRecord> poll() throws InterruptedException {
    ChangeBuffer from = buffer;
    List<LogChange> changes =
        from == null ? List.of() : from.take(batchChanges, batchBytes, PATIENCE.toNanos());
    return changes.isEmpty()
        ? null
        : List.of(
            new SourceRecord(
                PARTITION,
                Map.of(ACKNOWLEDGED, changes.getLast().commitLsn()),
                "headrace",
                null,
                changes));
  }

  /** The batch is published for good. */
  @Override
  public void commitRecord(SourceRecord record, @Nullable RecordMetadata none) {
    acknowledged = (Long) record.sourceOffset().get(ACKNOWLEDGED);
  }

  @Override
  public void stop() {
    stopping = true;
    Thread reading = reader;
    if (reading != null) {
      reading.interrupt();
    }
    close(replication);
    close(metadata);
  }

  private static void close(@Nullable AutoCloseable connection) {
    try {
      if (connection != null) {
        connection.close();
      }
    } catch (Exception _) {
      // It is of no more use either way.
    }
  }

  /** Debezium keeps these constructors for subclasses. */
  private static final class Context extends PostgresTaskContext {
    Context(Configuration settings, PostgresConnectorConfig config) {
      super(settings, config);
    }
  }

  private static final class Tables extends PostgresSchema {
    Tables(
        PostgresTaskContext context,
        PostgresConnectorConfig config,
        PostgresConnection connection,
        PostgresValueConverter values) {
      super(
          context,
          connection.getDefaultValueConverter(),
          naming(config),
          values,
          new CustomConverterRegistry(List.of()));
    }

    @SuppressWarnings("unchecked")
    private static TopicNamingStrategy<TableId> naming(PostgresConnectorConfig config) {
      return config.getTopicNamingStrategy(CommonConnectorConfig.TOPIC_NAMING_STRATEGY);
    }
  }
}
