package io.headrace.relay.platform.kafka;

import io.headrace.events.platform.Heartbeat;
import io.headrace.events.platform.Topics;
import io.headrace.relay.platform.RelayConfig;
import io.headrace.relay.platform.position.PositionLostException;
import io.headrace.relay.platform.position.StoredPosition;
import io.headrace.relay.platform.record.OutgoingEvent;
import io.headrace.relay.platform.record.UnrelayableEventException;
import io.quarkus.logging.Log;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The exclusive right to publish a slot's events, from {@link #open} until a later session of the
 * same slot is opened anywhere.
 *
 * <p><b>Why each event is on Kafka exactly once.</b> A transaction holds events and the position
 * after them, so a committed reader sees both or neither. Opening a session fences all earlier ones
 * of the slot and finishes the transaction they may have left; only then the position is read, so
 * none can be committed behind it. What the successor publishes therefore begins exactly after what
 * its predecessors committed. The slot need not be exclusive for that to hold.
 *
 * <p>For one thread. After an exception the session is of no more use: whether the transaction was
 * committed is not known here, but the next session will read it.
 */
public final class KafkaSession implements AutoCloseable {

  /** Enough for a broker that restarts; a longer absence is the supervisor's. */
  private static final int ATTEMPTS = 3;

  private final KafkaProducer<byte[], byte[]> producer;
  private final EventTopics topics;
  private final SlotTopic offsets;
  private final byte @Nullable [] position;
  private final Set<String> parked;
  private final PublishedTopics published;
  private final HeartbeatTopic heartbeats;

  private KafkaSession(KafkaClients clients, RelayConfig config) {
    Admin admin = clients.admin();
    topics = new EventTopics(admin, config);
    offsets = new SlotTopic(config.topics().offsets(), config.slot());
    KafkaProducer<byte[], byte[]> opened = null;
    try {
      topics.ensureOffsets();
      topics.ensureCompacted(Topics.HEARTBEAT);
      opened = clients.producer();
      opened.initTransactions();
      try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer()) {
        position = offsets.newest(admin, consumer);
        parked = Set.copyOf(new ParkedTopic(config).read(admin, consumer).keySet());
      }
      published = PublishedTopics.of(admin, opened, readable());
      heartbeats = new HeartbeatTopic(clients.heartbeatProducer(), config.slot());
    } catch (RuntimeException e) {
      if (opened != null) {
        opened.close(Duration.ZERO);
      }
      topics.close();
      throw e;
    }
    producer = opened;
  }

  /** Fences every earlier session of the slot. Blocks until Kafka has agreed. */
  public static KafkaSession open(KafkaClients clients, RelayConfig config) {
    return new KafkaSession(clients, config);
  }

  /**
   * The newest position, without a session: an earlier one, should an active relay publish just
   * now.
   */
  public static Optional<StoredPosition> glance(KafkaClients clients, RelayConfig config) {
    return newest(clients, config, config.topics().offsets()).map(StoredPosition::fromJson);
  }

  /** The newest heartbeat of the slot; empty if there has never been one. */
  public static Optional<Heartbeat> lastHeartbeat(KafkaClients clients, RelayConfig config) {
    return newest(clients, config, Topics.HEARTBEAT).map(Heartbeat::fromJson);
  }

  private static Optional<byte[]> newest(KafkaClients clients, RelayConfig config, String topic) {
    try (Admin admin = clients.admin()) {
      if (!EventTopics.existing(admin).contains(topic)) {
        return Optional.empty();
      }
      try (KafkaConsumer<byte[], byte[]> consumer = clients.consumer()) {
        return Optional.ofNullable(new SlotTopic(topic, config.slot()).newest(admin, consumer));
      }
    }
  }

  /**
   * The position when the session was opened; empty if nothing has ever been published.
   *
   * @throws PositionLostException if it cannot be read
   */
  public Optional<StoredPosition> position() {
    return Optional.ofNullable(position).map(StoredPosition::fromJson);
  }

  /** The ids of the events that are not to be published. */
  public Set<String> parked() {
    return parked;
  }

  /**
   * Publishes events in their order, and the position after them, in one transaction. On return it
   * is committed.
   *
   * @param after null leaves the position as it is
   * @throws UnrelayableEventException if Kafka will not have one of them, however often it is asked
   * @throws KafkaException if Kafka has not committed it, or it is not known whether it has
   */
  public void publish(List<OutgoingEvent> events, @Nullable StoredPosition after) {
    for (OutgoingEvent event : events) {
      try {
        topics.ensure(event.record().topic());
        published.ensure(event.record().topic());
      } catch (KafkaException e) {
        throw e.getCause() instanceof InvalidTopicException ? event.refused(e) : e;
      }
    }
    for (int attempt = 1; ; attempt++) {
      try {
        transaction(
            events, after == null ? null : offsets.record(after.with(published.names()).toJson()));
        return;
      } catch (AbortedException e) {
        if (attempt == ATTEMPTS) {
          throw e.cause;
        }
        Log.warnf("publishing the batch again: %s", e.cause.getMessage());
      }
    }
  }

  /**
   * Says, without waiting for it, that everything has been published that was committed to the log
   * up to then.
   */
  public void heartbeat(Instant at) {
    heartbeats.send(new Heartbeat(at, published.ends()));
  }

  /** What the slot's events are in, beside what this session publishes to and what is on record. */
  public void include(Collection<String> topics) {
    published.include(topics);
  }

  /** The topics that the slot's events are in, as far as this session knows. */
  public Set<String> topics() {
    return published.names();
  }

  /** A position that cannot be read is the concern of who asks for it. */
  private @Nullable StoredPosition readable() {
    try {
      return position().orElse(null);
    } catch (PositionLostException _) {
      return null;
    }
  }

  private void transaction(
      List<OutgoingEvent> events, @Nullable ProducerRecord<byte[], byte[]> offset) {
    AtomicReference<@Nullable UnrelayableEventException> refused = new AtomicReference<>();
    try {
      producer.beginTransaction();
      for (OutgoingEvent event : events) {
        producer.send(
            event.record(),
            (record, failure) -> {
              if (failure == null) {
                published.published(record);
              } else if (failure instanceof RecordTooLargeException) {
                refused.compareAndSet(null, event.refused(failure));
              }
            });
      }
      if (offset != null) {
        producer.send(offset);
      }
      commit();
    } catch (KafkaException e) {
      UnrelayableEventException refusal = refused.get();
      if (refusal != null) {
        throw refusal;
      }
      abort(e);
      throw new AbortedException(e);
    }
  }

  /**
   * A commit that timed out may yet succeed: it may be asked for again, but not be given up for an
   * abort.
   */
  private void commit() {
    for (int attempt = 1; ; attempt++) {
      try {
        producer.commitTransaction();
        return;
      } catch (TimeoutException e) {
        if (attempt == ATTEMPTS) {
          throw new UnknownOutcomeException(e);
        }
      }
    }
  }

  /**
   * Leaves the transaction undone.
   *
   * @throws KafkaException {@code cause}, if that is not possible: fenced, or the outcome is
   *     unknown
   */
  private void abort(KafkaException cause) {
    if (cause instanceof UnknownOutcomeException) {
      throw cause;
    }
    try {
      producer.abortTransaction();
    } catch (RuntimeException e) {
      if (e != cause) {
        cause.addSuppressed(e);
      }
      throw cause;
    }
  }

  /** Undoes what is not committed, without waiting for it. */
  @Override
  public void close() {
    producer.close(Duration.ofSeconds(2));
    heartbeats.close();
    topics.close();
  }

  private static final class AbortedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final KafkaException cause;

    AbortedException(KafkaException cause) {
      super(cause);
      this.cause = cause;
    }
  }

  private static final class UnknownOutcomeException extends KafkaException {

    private static final long serialVersionUID = 1L;

    UnknownOutcomeException(TimeoutException cause) {
      super("Kafka did not say whether it committed: " + cause.getMessage(), cause);
    }
  }
}
