package io.headrace.relay.platform.source;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * What Debezium and Kafka Connect name only at run time. Their jars carry no configuration for
 * native images.
 */
@RegisterForReflection(
    classNames = {
      "io.debezium.connector.base.DefaultQueueProvider",
      "io.debezium.connector.base.QueueProviderService",
      "io.debezium.connector.common.DebeziumHeaderProducer",
      "io.debezium.connector.postgresql.PostgresConnector",
      "io.debezium.connector.postgresql.PostgresConnectorTask",
      "io.debezium.connector.postgresql.PostgresSourceInfoStructMaker",
      "io.debezium.connector.postgresql.snapshot.lock.NoSnapshotLock",
      "io.debezium.connector.postgresql.snapshot.lock.SharedSnapshotLock",
      "io.debezium.connector.postgresql.snapshot.query.SelectAllSnapshotQuery",
      "io.debezium.embedded.async.ConvertingAsyncEngineBuilderFactory",
      "io.debezium.engine.spi.OffsetCommitPolicy$PeriodicCommitOffsetPolicy",
      "io.debezium.pipeline.metrics.DefaultSnapshotChangeEventSourceMetrics",
      "io.debezium.pipeline.metrics.DefaultStreamingChangeEventSourceMetrics",
      "io.debezium.pipeline.metrics.SnapshotChangeEventSourceMetricsMXBean",
      "io.debezium.pipeline.metrics.StreamingChangeEventSourceMetricsMXBean",
      "io.debezium.pipeline.notification.channels.LogNotificationChannel",
      "io.debezium.pipeline.notification.channels.SinkNotificationChannel",
      "io.debezium.pipeline.notification.channels.jmx.JmxNotificationChannel",
      "io.debezium.pipeline.signal.actions.StandardActionProvider",
      "io.debezium.pipeline.signal.channels.FileSignalChannel",
      "io.debezium.pipeline.signal.channels.KafkaSignalChannel",
      "io.debezium.pipeline.signal.channels.SourceSignalChannel",
      "io.debezium.pipeline.signal.channels.jmx.JmxSignalChannel",
      "io.debezium.pipeline.signal.channels.process.InProcessSignalChannel",
      "io.debezium.pipeline.txmetadata.DefaultTransactionMetadataFactory",
      "io.debezium.processors.PostProcessorRegistry",
      "io.debezium.relational.ConcurrentMapTableMappingStorage",
      "io.debezium.relational.CustomConverterRegistry",
      "io.debezium.schema.SchemaTopicNamingStrategy",
      "io.debezium.snapshot.SnapshotterService",
      "io.debezium.snapshot.lock.NoLockingSupport",
      "io.debezium.snapshot.mode.AlwaysSnapshotter",
      "io.debezium.snapshot.mode.ConfigurationBasedSnapshotter",
      "io.debezium.snapshot.mode.InitialOnlySnapshotter",
      "io.debezium.snapshot.mode.InitialSnapshotter",
      "io.debezium.snapshot.mode.NoDataSnapshotter",
      "io.debezium.snapshot.mode.RecoverySnapshotter",
      "io.debezium.snapshot.mode.WhenNeededNoDataSnapshotter",
      "io.debezium.snapshot.mode.WhenNeededSnapshotter",
      "org.apache.kafka.connect.json.JsonConverter",
    })
final class DebeziumReflection {

  private DebeziumReflection() {}
}
