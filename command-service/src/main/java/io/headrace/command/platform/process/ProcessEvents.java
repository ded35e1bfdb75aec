package io.headrace.command.platform.process;

import io.headrace.command.platform.spi.AggregateDefinition;
import io.headrace.command.platform.spi.ProcessManager;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.RecordedEvent;
import io.headrace.events.platform.Topics;
import io.headrace.events.platform.UndecodableEventException;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.All;
import io.quarkus.arc.Unremovable;
import io.quarkus.logging.Log;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.header.Header;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/** Takes the batches from Kafka. The package's documentation says what is guaranteed, and how. */
@ApplicationScoped
class ProcessEvents {

  static final String CHANNEL = "process-events";

  private record SequenceKey(String process, String partitionKey) {}

  private final List<Process<?>> processes;
  private final EventCatalogue catalogue;
  private final ProcessStore store;
  private final Commands commands;
  private final Backoff backoff;
  private final MeterRegistry metrics;
  private final Semaphore permits;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("process-", 0).factory());

  ProcessEvents(
      @All List<ProcessManager<?>> managers,
      @All List<AggregateDefinition<?, ?, ?, ?>> definitions,
      ProcessStore store,
      Commands commands,
      Backoff backoff,
      MeterRegistry metrics,
      ProcessConfig config) {
    this.processes = managers.stream().<Process<?>>map(manager -> new Process<>(manager)).toList();
    // Of all contexts, also those that are served elsewhere.
    this.catalogue =
        new EventCatalogue(
            definitions.stream()
                .map(AggregateDefinition::events)
                .collect(Collectors.toUnmodifiableSet()));
    this.store = store;
    this.commands = commands;
    this.backoff = backoff;
    this.metrics = metrics;
    this.permits = new Semaphore(config.concurrency());
  }

  /** The topics follow from the process managers. A pattern, as they need not exist yet. */
  @Produces
  @Singleton
  @Unremovable
  @Identifier(CHANNEL) static Map<String, Object> channel(@All List<ProcessManager<?>> managers, ProcessConfig config) {
    String pattern =
        managers.stream()
            .flatMap(manager -> manager.contexts().stream())
            .distinct()
            .sorted()
            .map(context -> Pattern.quote(Topics.of(context)))
            .collect(Collectors.joining("|"));
    return Map.of("topic", pattern.isEmpty() ? "(?!)" : pattern, "group.id", config.groupId());
  }

  /** Completes when the batch is stored. Never fails; where the service stops, never completes. */
  @Incoming(CHANNEL)
  Uni<Void> consume(ConsumerRecords<String, byte[]> records) {
    return Uni.createFrom()
        .<Void>emitter(
            emitter ->
                threads.execute(
                    () -> {
                      try {
                        handle(records);
                        emitter.complete(null);
                      } catch (Backoff.StoppingException e) {
                        Log.info("stopped within a batch; it will be handled again");
                      }
                    }));
  }

  private void handle(ConsumerRecords<String, byte[]> records) {
    List<ReceivedEvent> events = new ArrayList<>(records.count());
    records.forEach(record -> events.add(receive(record)));
    for (int failures = 1; ; failures++) {
      try {
        attempt(events);
        return;
      } catch (Backoff.StoppingException e) {
        throw e;
      } catch (RuntimeException e) {
        backoff.pause(failures, "a batch of %d events".formatted(events.size()), e);
      }
    }
  }

  private ReceivedEvent receive(ConsumerRecord<String, byte[]> record) {
    RecordedEvent recorded;
    try {
      recorded =
          RecordedEvent.fromKafka(
              record.key(),
              name -> {
                Header header = record.headers().lastHeader(name);
                return header == null ? null : header.value();
              },
              record.value());
    } catch (UndecodableEventException e) {
      return new ReceivedEvent(record, null, null, e.getMessage());
    }
    if (ReceivedEvent.hasNul(recorded.streamId()) || ReceivedEvent.hasNul(record.key())) {
      return new ReceivedEvent(record, null, null, "its stream id or key has a NUL character");
    }
    try {
      DomainEvent event = catalogue.decode(recorded.type(), record.value()).orElse(null);
      return new ReceivedEvent(record, recorded, event, null);
    } catch (RuntimeException e) {
      return new ReceivedEvent(record, recorded, null, e.getMessage());
    }
  }

  private void attempt(List<ReceivedEvent> events) {
    List<Sequence<?>> sequences = sequences(events);
    Set<ProcessStore.ProcessKey> keys = new HashSet<>();
    Set<ProcessStore.StreamKey> streams = new HashSet<>();
    for (Sequence<?> sequence : sequences) {
      keys.addAll(sequence.processes());
      streams.addAll(sequence.streams());
    }
    ProcessStore.Loaded loaded = store.load(keys, streams);
    runAll(sequences, loaded);
    ProcessStore.Changes changes =
        new ProcessStore.Changes(new HashMap<>(), new HashMap<>(), new ArrayList<>());
    sequences.forEach(sequence -> sequence.collect(changes));
    if (!changes.isEmpty()) {
      store.save(changes);
    }
    count(sequences);
  }

  private List<Sequence<?>> sequences(List<ReceivedEvent> events) {
    Map<SequenceKey, Sequence<?>> sequences = new LinkedHashMap<>();
    for (Process<?> process : processes) {
      for (ReceivedEvent event : events) {
        if (process.reads(event.record().topic())) {
          sequences
              .computeIfAbsent(
                  new SequenceKey(process.name(), event.partitionKey()),
                  _ -> new Sequence<>(process, commands))
              .add(event);
        }
      }
    }
    return List.copyOf(sequences.values());
  }

  private void runAll(List<Sequence<?>> sequences, ProcessStore.Loaded loaded) {
    List<Future<?>> running = new ArrayList<>(sequences.size());
    for (Sequence<?> sequence : sequences) {
      permits.acquireUninterruptibly();
      running.add(
          threads.submit(
              () -> {
                try {
                  sequence.run(loaded);
                } finally {
                  permits.release();
                }
              }));
    }
    RuntimeException failure = null;
    for (Future<?> future : running) {
      try {
        future.get();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        failure = new Backoff.StoppingException();
      } catch (ExecutionException e) {
        failure =
            e.getCause() instanceof RuntimeException cause
                ? cause
                : new IllegalStateException(e.getCause());
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void count(List<Sequence<?>> sequences) {
    for (Sequence<?> sequence : sequences) {
      sequence
          .fates()
          .forEach(
              (fate, events) ->
                  metrics
                      .counter(
                          "headrace.process.events",
                          "process",
                          sequence.process(),
                          "fate",
                          fate.name().toLowerCase(Locale.ROOT))
                      .increment(events));
    }
  }

  @PreDestroy
  void close() {
    threads.shutdownNow();
  }
}
