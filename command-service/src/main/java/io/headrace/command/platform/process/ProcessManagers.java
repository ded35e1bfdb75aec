package io.headrace.command.platform.process;

import io.headrace.command.platform.dispatch.Aggregates;
import io.headrace.command.platform.spi.AggregateDefinition;
import io.headrace.command.platform.spi.ProcessManager;
import io.headrace.events.platform.EventCatalogue;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.All;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.kafka.KafkaConnector;
import jakarta.annotation.PreDestroy;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.eclipse.microprofile.reactive.messaging.spi.Connector;

/**
 * The process managers of the contexts that this deployment serves, each with a consumer of its
 * own: one that is new begins with the first event of its topics, whatever the others have read.
 */
@ApplicationScoped
class ProcessManagers {

  private final List<Process<?>> processes;
  private final List<ProcessConsumer> consumers;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("process-", 0).factory());

  /**
   * @throws IllegalStateException if two of them share a name, or one belongs to no context
   */
  ProcessManagers(
      @All List<ProcessManager<?>> managers,
      @All List<AggregateDefinition<?, ?, ?, ?>> definitions,
      Aggregates aggregates,
      @Connector(KafkaConnector.CONNECTOR_NAME) KafkaConnector connector,
      @Identifier("default-kafka-broker") Map<String, Object> kafka,
      ProcessStore store,
      Commands commands,
      Backoff backoff,
      MeterRegistry metrics,
      ProcessConfig config) {
    requireSound(managers, aggregates);
    EventCatalogue catalogue =
        new EventCatalogue(
            definitions.stream()
                .map(AggregateDefinition::events)
                .collect(Collectors.toUnmodifiableSet()));
    processes =
        managers.stream()
            .filter(manager -> config.enabled())
            .filter(manager -> aggregates.contexts().contains(manager.context()))
            .<Process<?>>map(manager -> new Process<>(manager))
            .toList();
    consumers =
        processes.stream()
            .map(
                process ->
                    new ProcessConsumer(
                        process,
                        new ProcessEvents(
                            process,
                            catalogue,
                            store,
                            commands,
                            backoff,
                            metrics,
                            threads,
                            config.concurrency()),
                        threads,
                        connector,
                        kafka,
                        config.group() + "." + process.name()))
            .toList();
  }

  private static void requireSound(List<ProcessManager<?>> managers, Aggregates aggregates) {
    Set<String> names = new HashSet<>();
    for (ProcessManager<?> manager : managers) {
      if (!names.add(manager.name())) {
        throw new IllegalStateException(
            "two process managers are called '%s'".formatted(manager.name()));
      }
      String context = manager.context();
      if (!aggregates.contexts().contains(context) && !aggregates.isElsewhere(context)) {
        throw new IllegalStateException(
            "the process manager '%s' belongs to the context '%s', which there is not"
                .formatted(manager.name(), context));
      }
    }
  }

  /** Those that run here. */
  List<String> names() {
    return processes.stream().map(Process::name).toList();
  }

  void start(@Observes StartupEvent event) {
    consumers.forEach(ProcessConsumer::start);
  }

  /** While the database is still there: a batch that is nearly done is finished. */
  void stop(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE + 1) ShutdownEvent event) {
    consumers.forEach(ProcessConsumer::stop);
    consumers.forEach(ProcessConsumer::close);
  }

  @PreDestroy
  void close() {
    threads.shutdownNow();
  }
}
