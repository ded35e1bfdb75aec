package io.headrace.projection.platform.engine;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.headrace.projection.platform.engine.Failures.NoLiveGenerationException;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** How far the views are. Reads the tables of progress, so it speaks for all workers. */
@ApplicationScoped
class ViewsReport {

  private static final Duration KAFKA_TIMEOUT = Duration.ofSeconds(2);

  private final Supervisor supervisor;
  private final DataSource dataSource;

  ViewsReport(Deployment deployment, DataSource dataSource) {
    this.supervisor = deployment.supervisor();
    this.dataSource = dataSource;
  }

  /**
   * @throws NoLiveGenerationException if the tables of a view were never made
   * @throws SQLException if PostgreSQL does not answer. Kafka's silence only leaves the lags out.
   */
  List<ViewReport> read() throws SQLException {
    List<ViewReport> reports = new ArrayList<>();
    try (Connection connection = dataSource.getConnection()) {
      for (CompiledView<?> view : supervisor.views()) {
        reports.add(read(connection, view));
      }
    }
    return reports;
  }

  private ViewReport read(Connection connection, CompiledView<?> view) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            SELECT g.generation, g.view_version, g.state,
                (SELECT count(*) FROM parked_lane l WHERE l.view = g.view AND l.generation = g.generation),
                (SELECT count(*) FROM parked_event e WHERE e.view = g.view AND e.generation = g.generation)
              FROM view_generation g WHERE g.view = ? AND g.state = 'live'""")) {
      statement.setString(1, view.name());
      try (ResultSet results = statement.executeQuery()) {
        if (!results.next()) {
          throw new NoLiveGenerationException(view.name());
        }
        int generation = results.getInt(1);
        List<PartitionReport> partitions = partitions(connection, view.name(), generation);
        long events = partitions.stream().mapToLong(PartitionReport::events).sum();
        Long lag =
            partitions.stream().allMatch(p -> p.lag() != null)
                ? (Long) partitions.stream().mapToLong(p -> p.lag() == null ? 0 : p.lag()).sum()
                : null;
        return new ViewReport(
            view.name(),
            results.getInt(2),
            generation,
            results.getString(3),
            events,
            lag,
            new ParkedReport(results.getLong(4), results.getLong(5)),
            RebuildState.running(connection, view.name()).orElse(null),
            generations(connection, view.name()),
            partitions);
      }
    }
  }

  private static List<GenerationReport> generations(Connection connection, String view)
      throws SQLException {
    return Generations.of(connection, view).stream()
        .map(g -> new GenerationReport(g.number(), g.version(), g.state().wire(), g.keptUntil()))
        .toList();
  }

  private List<PartitionReport> partitions(Connection connection, String view, int generation)
      throws SQLException {
    List<PartitionReport> partitions = new ArrayList<>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            SELECT topic, partition, next_offset, events, recorded_at FROM view_partition
              WHERE view = ? AND generation = ? ORDER BY topic, partition""")) {
      statement.setString(1, view);
      statement.setInt(2, generation);
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          OffsetDateTime recordedAt = results.getObject(5, OffsetDateTime.class);
          partitions.add(
              new PartitionReport(
                  results.getString(1),
                  results.getInt(2),
                  results.getLong(3),
                  null,
                  null,
                  results.getLong(4),
                  recordedAt == null ? null : recordedAt.toInstant()));
        }
      }
    }
    Map<TopicPartition, Long> ends =
        ends(partitions.stream().map(PartitionReport::source).toList());
    Map<TopicPartition, Long> readTo =
        supervisor.runner(view, generation).map(Runner::readTo).orElse(Map.of());
    return partitions.stream()
        .map(p -> p.withEnd(ends.get(p.source()), readTo.getOrDefault(p.source(), 0L)))
        .toList();
  }

  private Map<TopicPartition, Long> ends(List<TopicPartition> partitions) {
    if (partitions.isEmpty()) {
      return Map.of();
    }
    try {
      return supervisor.ends().of(partitions, KAFKA_TIMEOUT);
    } catch (RuntimeException e) {
      return Map.of();
    }
  }

  /**
   * @param events how many records were taken from Kafka
   * @param lag records not taken yet; absent while Kafka does not answer
   * @param rebuild the one under way
   */
  @RegisterForReflection
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record ViewReport(
      String view,
      int version,
      int generation,
      String state,
      long events,
      @Nullable Long lag,
      ParkedReport parked,
      @Nullable RebuildState rebuild,
      List<GenerationReport> generations,
      List<PartitionReport> partitions) {}

  /**
   * @param keptUntil of a retired one, to which a rollback leads
   */
  @RegisterForReflection
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record GenerationReport(int generation, int version, String state, @Nullable Instant keptUntil) {}

  /**
   * @param lanes streams and keys that wait
   * @param events events that wait in them
   */
  @RegisterForReflection
  record ParkedReport(long lanes, long events) {}

  @RegisterForReflection
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record PartitionReport(
      String topic,
      int partition,
      long nextOffset,
      @Nullable Long endOffset,
      @Nullable Long lag,
      long events,
      @Nullable Instant recordedAt) {

    TopicPartition source() {
      return new TopicPartition(topic, partition);
    }

    PartitionReport withEnd(@Nullable Long end, long readTo) {
      return new PartitionReport(
          topic,
          partition,
          nextOffset,
          end,
          end == null ? null : (Long) Math.max(0, end - Math.max(nextOffset, readTo)),
          events,
          recordedAt);
    }
  }
}
