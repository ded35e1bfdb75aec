package io.headrace.projection.platform.engine;

import io.headrace.events.platform.ContextEvents;
import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.Topics;
import io.headrace.projection.platform.engine.Failures.AbandonedException;
import io.headrace.projection.platform.engine.Failures.FencedException;
import io.headrace.projection.platform.engine.Failures.RefusedException;
import io.headrace.projection.platform.view.Source;
import io.headrace.projection.platform.view.View;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.All;
import io.quarkus.logging.Log;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import javax.sql.DataSource;

/** The views of this deployment: all that the contexts offer. */
@ApplicationScoped
class Views {

  private final List<CompiledView<?>> compiled;
  private final EventCatalogue catalogue;
  private final DataSource dataSource;
  private final Retry retry;
  private final MeterRegistry registry;

  Views(
      @All List<View<?>> views,
      DataSource dataSource,
      ProjectionConfig config,
      MeterRegistry registry) {
    this.compiled = compile(views);
    this.catalogue = catalogueOf(views);
    this.dataSource = dataSource;
    this.retry = new Retry(config.retryDelay(), config.retryMaxDelay());
    this.registry = registry;
  }

  private static List<CompiledView<?>> compile(List<View<?>> views) {
    List<CompiledView<?>> compiled = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (View<?> view : views) {
      CompiledView<?> each = new CompiledView<>(view);
      compiled.add(each);
      List<String> itsNames = new ArrayList<>(List.of(each.name()));
      each.rollups().forEach(rollup -> itsNames.add(rollup.name()));
      for (String name : itsNames) {
        if (!names.add(name)) {
          throw new IllegalStateException("two views or rollups share the name " + name);
        }
      }
    }
    return List.copyOf(compiled);
  }

  static EventCatalogue catalogueOf(List<View<?>> views) {
    Map<String, ContextEvents<?>> contexts = new HashMap<>();
    for (View<?> view : views) {
      for (Source<?, ?> source : view.sources()) {
        contexts.put(source.events().context(), source.events());
      }
    }
    return new EventCatalogue(contexts.values());
  }

  EventCatalogue catalogue() {
    return catalogue;
  }

  List<CompiledView<?>> all() {
    return compiled;
  }

  /** Sorted. */
  Set<String> topics() {
    Set<String> topics = new TreeSet<>();
    compiled.forEach(view -> view.contexts().forEach(c -> topics.add(Topics.of(c))));
    return topics;
  }

  /**
   * One for each view, on its live generation; tries until PostgreSQL answers.
   *
   * @throws IllegalStateException if a view has no live generation: a migration is missing
   */
  List<ViewWorker<?>> workers(Retry.Owner owner) throws AbandonedException {
    List<ViewWorker<?>> workers = new ArrayList<>();
    for (CompiledView<?> view : compiled) {
      workers.add(worker(view, owner));
    }
    return List.copyOf(workers);
  }

  private <R extends Record> ViewWorker<R> worker(CompiledView<R> view, Retry.Owner owner)
      throws AbandonedException {
    try {
      int generation =
          retry.until(
              owner, "finding the generation of view " + view.name(), () -> liveGeneration(view));
      return new ViewWorker<>(
          view, generation, dataSource, retry, new ViewMetrics(registry, view.name()));
    } catch (FencedException | RefusedException e) {
      throw new IllegalStateException(e);
    }
  }

  private int liveGeneration(CompiledView<?> view) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT generation, view_version FROM view_generation WHERE view = ? AND state = 'live'")) {
      statement.setString(1, view.name());
      try (ResultSet results = statement.executeQuery()) {
        if (!results.next()) {
          throw new IllegalStateException(
              "view %s has no live generation: a migration has to create its tables and register it"
                  .formatted(view.name()));
        }
        if (results.getInt(2) != view.version()) {
          Log.warnf(
              "View %s is at version %d, but its tables were filled by version %d: it needs a rebuild",
              view.name(), view.version(), results.getInt(2));
        }
        return results.getInt(1);
      }
    }
  }
}
