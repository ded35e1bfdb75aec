package io.headrace.relay.platform;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Map;

/** How the relay reads the log and writes to Kafka. */
@ConfigMapping(prefix = "headrace.relay")
public interface RelayConfig {

  /**
   * The replication slot. Relays of one slot share its work: one is active, the others stand by.
   */
  @WithDefault("headrace")
  String slot();

  /** The publication: inserts of the event log, nothing else. */
  @WithDefault("headrace")
  String publication();

  /** The event log, with its schema. */
  @WithDefault("public.event_log")
  String table();

  /** At most so many events in one Kafka transaction. */
  @WithDefault("2048")
  int maxBatch();

  /** At most so many bytes of events in one Kafka transaction, and one event. */
  @WithDefault("8M")
  MemorySize maxBatchBytes();

  /**
   * The largest event that the command service accepts ({@code headrace.commands.max-event-size}).
   * The relay refuses to publish to a topic that would not take it, before it meets one.
   */
  @WithDefault("900K")
  MemorySize maxEventSize();

  /** At most so many events read ahead of Kafka. */
  @WithDefault("8192")
  int maxQueue();

  /** At most so many bytes of events read ahead of Kafka; it bounds memory while Kafka is slow. */
  @WithDefault("16M")
  MemorySize maxQueueBytes();

  /**
   * How often slot and lag are looked at, and a heartbeat is written into the log: it keeps an idle
   * database moving, and tells views how fresh they are.
   */
  @WithDefault("1s")
  Duration checkInterval();

  /** How often a standby looks whether the slot is free. */
  @WithDefault("500ms")
  Duration standbyInterval();

  /**
   * PostgreSQL gives the slot free when the active relay is silent for so long. It bounds the
   * takeover from a frozen relay; a dead one is noticed at once.
   */
  @WithDefault("2s")
  Duration silenceLimit();

  /**
   * How long a relay that has just started waits for the publication and the slot, which the
   * command service's migrations create; then it ends, with exit code 1.
   */
  @WithDefault("3m")
  Duration migrationPatience();

  /**
   * Whether the slot is to be carried over to standbys of the PostgreSQL server, where it can
   * (version 17).
   */
  @WithDefault("true")
  boolean failoverSlot();

  /** How long Kafka may take for an answer, or for a batch, before that counts as a failure. */
  @WithDefault("15s")
  Duration kafkaTimeout();

  /** Readiness turns bad when the relay could not do its job for so long. */
  @WithDefault("30s")
  Duration grace();

  /** The first pause after a failure; it doubles with each one that follows. */
  @WithDefault("250ms")
  Duration backoffMin();

  /** The longest pause after a failure. */
  @WithDefault("10s")
  Duration backoffMax();

  /** The topics. */
  TopicsConfig topics();

  /** Settings of Kafka's producer, over those that the relay depends on. */
  Map<String, String> producer();

  /** Topics that the relay creates. One that exists is never altered. */
  interface TopicsConfig {

    /** The compacted topic that holds the position of each slot. */
    @WithDefault("headrace.relay.offsets")
    String offsets();

    /** The compacted topic that holds the events that an operator has parked. */
    @WithDefault("headrace.relay.parked")
    String parked();

    /** Partitions of a context's topic. Never add any later: a key would change its partition. */
    @WithDefault("6")
    int partitions();

    /** Replicas of each partition. */
    @WithDefault("1")
    short replication();

    /**
     * Further settings of a context's topic, such as min.insync.replicas. Unless {@code
     * retention.ms} is among them Kafka keeps the events for ever.
     */
    Map<String, String> settings();
  }
}
