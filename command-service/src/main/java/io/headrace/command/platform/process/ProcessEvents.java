package io.headrace.command.platform.process;

import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.RecordedEvent;
import io.headrace.events.platform.UndecodableEventException;
import io.micrometer.core.instrument.MeterRegistry;
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
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.header.Header;

/**
 * Handles batches of events for one process manager, one batch after another. The package's
 * documentation says what is guaranteed, and how.
 */
final class ProcessEvents {

  private final Process<?> process;
  private final EventCatalogue catalogue;
  private final ProcessStore store;
  private final Commands commands;
  private final Backoff backoff;
  private final MeterRegistry metrics;
  private final ExecutorService threads;
  // Of this process manager alone: one whose commands are not answered keeps no other waiting.
  private final Semaphore permits;

  /**
   * @param catalogue of all contexts, also those that are served elsewhere
   * @param threads as many as wanted
   * @param concurrency how many keys are handled at the same time
   */
  ProcessEvents(
      Process<?> process,
      EventCatalogue catalogue,
      ProcessStore store,
      Commands commands,
      Backoff backoff,
      MeterRegistry metrics,
      ExecutorService threads,
      int concurrency) {
    this.process = process;
    this.catalogue = catalogue;
    this.store = store;
    this.commands = commands;
    this.backoff = backoff;
    this.metrics = metrics;
    this.threads = threads;
    this.permits = new Semaphore(concurrency);
  }

  /**
   * Returns when the batch is stored, however long that takes.
   *
   * @throws Backoff.StoppingException if the service stops before
   */
  void handle(ConsumerRecords<String, byte[]> records) {
    List<ReceivedEvent> events = new ArrayList<>(records.count());
    records.forEach(record -> events.add(receive(record)));
    for (int failures = 1; ; failures++) {
      try {
        attempt(events);
        return;
      } catch (Backoff.StoppingException e) {
        throw e;
      } catch (RuntimeException e) {
        backoff.pause(
            failures, "a batch of %d events for %s".formatted(events.size(), process.name()), e);
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
    Map<String, Sequence<?>> sequences = new LinkedHashMap<>();
    for (ReceivedEvent event : events) {
      sequences
          .computeIfAbsent(event.partitionKey(), _ -> new Sequence<>(process, commands))
          .add(event);
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
}
