package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.Failures.FencedException;
import io.headrace.projection.platform.engine.Progress.Locked;
import io.headrace.projection.platform.engine.Progress.Taken;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** The partitions of topics. */
final class PartitionPlace implements Place {

  private final String view;
  private final Progress progress;
  private final Positions positions;

  PartitionPlace(String view, Progress progress, Positions positions) {
    this.view = view;
    this.progress = progress;
    this.positions = positions;
  }

  @Override
  public Admission lock(Connection connection, List<Inbound> records, Consumer<Pipeline> behind)
      throws SQLException, FencedException {
    Map<TopicPartition, Taken> taken = taken(records);
    Locked locked = progress.lock(connection, taken.keySet(), behind);
    boolean all = true;
    for (Map.Entry<TopicPartition, Taken> each : taken.entrySet()) {
      TopicPartition partition = each.getKey();
      long found = locked.offsets().getOrDefault(partition, -1L);
      if (found != each.getValue().from()) {
        throw new FencedException(
            "view %s: %s was expected at offset %d and is at %d"
                .formatted(view, partition, each.getValue().from(), found));
      }
      all &= each.getValue().to() <= locked.limits().getOrDefault(partition, Long.MAX_VALUE);
    }
    return new Admission(all, locked.limits(), locked.anythingParked(), locked.limits().isEmpty());
  }

  @Override
  public void advance(Pipeline pipeline, List<Inbound> records) {
    progress.advance(pipeline, taken(records));
  }

  @Override
  public void moved(List<Inbound> records) {
    records.forEach(each -> positions.moveTo(each.source(), each.offset() + 1));
  }

  private Map<TopicPartition, Taken> taken(List<Inbound> records) {
    Map<TopicPartition, Taken> taken = new HashMap<>();
    for (Inbound each : records) {
      Instant time = each.recorded() == null ? null : each.recorded().recordedAt();
      taken.merge(
          each.source(),
          new Taken(positions.of(each.source()), each.offset() + 1, 1, time),
          (a, b) ->
              new Taken(
                  a.from(),
                  Math.max(a.to(), b.to()),
                  a.events() + 1,
                  later(a.newest(), b.newest())));
    }
    return taken;
  }

  private static @Nullable Instant later(@Nullable Instant a, @Nullable Instant b) {
    return a == null || (b != null && b.isAfter(a)) ? b : a;
  }
}
