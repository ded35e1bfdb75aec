package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.Failures.FencedException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How far the log has been read for a rebuild. Its commits do not wait for the disk: what a crash
 * of PostgreSQL takes back it takes back whole, rows and place together.
 */
final class LogPlace implements Place {

  private final String view;
  private final int generation;
  private final Progress progress;
  private final Map<Inbound, String> places = new IdentityHashMap<>();
  private @Nullable String place;

  LogPlace(String view, int generation, Progress progress, @Nullable String place) {
    this.view = view;
    this.generation = generation;
    this.progress = progress;
    this.place = place;
  }

  /** The events of the next batch, and the place behind each. */
  void expect(Map<Inbound, String> batch) {
    places.clear();
    places.putAll(batch);
  }

  /** Behind the last event taken. */
  @Nullable String place() {
    return place;
  }

  @Override
  public Admission lock(Connection connection, List<Inbound> records, Consumer<Pipeline> behind)
      throws SQLException, FencedException {
    List<@Nullable String> found = new ArrayList<>();
    boolean[] anythingParked = {false};
    Pipeline pipeline = new Pipeline(connection);
    pipeline.execute("SET LOCAL synchronous_commit = off");
    pipeline.query(
        "SELECT place FROM view_rebuild WHERE view = ? AND generation = ? AND phase = 'log' FOR UPDATE",
        parameters -> parameters.text(view).number(generation),
        results -> {
          while (results.next()) {
            found.add(results.getString(1));
          }
        });
    progress.anythingParked(pipeline, any -> anythingParked[0] = any);
    behind.accept(pipeline);
    pipeline.send();
    if (found.isEmpty()) {
      throw new FencedException("the rebuild of view %s was abandoned".formatted(view));
    }
    if (!Objects.equals(found.getFirst(), place)) {
      throw new FencedException(
          "view %s, generation %d: the log was expected at %s and is at %s"
              .formatted(view, generation, place, found.getFirst()));
    }
    return new Admission(true, Map.of(), anythingParked[0], false);
  }

  @Override
  public void advance(Pipeline pipeline, List<Inbound> records) {
    pipeline.update(
        "UPDATE view_rebuild SET place = ?, events_done = events_done + ? WHERE view = ? AND generation = ?",
        parameters ->
            parameters.text(behind(records)).number(records.size()).text(view).number(generation),
        _ -> {});
  }

  @Override
  public void moved(List<Inbound> records) {
    place = behind(records);
  }

  private String behind(List<Inbound> records) {
    return Objects.requireNonNull(places.get(records.getLast()));
  }
}
