package io.headrace.projection.platform.engine;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.headrace.projection.platform.engine.Failures.AbandonedException;
import io.headrace.projection.platform.engine.Redrive.Outcome;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Redrives for as long as somebody waits for the answer, and counts what has come of it. Used once.
 */
final class Redrives {

  private static final int PAGE = 1_000;

  private final Redrive<?> redrive;
  private final ParkedEvents parked;
  private final Retry.Owner owner;
  private final Map<String, String> failures = new TreeMap<>();
  private int lanes;
  private int events;
  private int left;

  Redrives(Redrive<?> redrive, ParkedEvents parked, Retry.Owner owner) {
    this.redrive = redrive;
    this.parked = parked;
    this.owner = owner;
  }

  /**
   * @param lanes how many were tried
   * @param events how many events were taken
   * @param left how many wait still in these lanes
   * @param failures of the lanes that stopped again: why
   * @param untried how many lanes there was no time for
   * @param after if there are any: the last lane that was tried, behind which to go on
   */
  @RegisterForReflection
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Report(
      int lanes,
      int events,
      int left,
      Map<String, String> failures,
      long untried,
      @Nullable LaneName after) {}

  /** As it is asked for. */
  @RegisterForReflection
  record LaneName(String kind, String lane) {}

  Report one(Lane lane) throws AbandonedException {
    redrive(lane);
    return report(0, null);
  }

  /**
   * All lanes behind this one, in their order. None is begun when the owner may not wait any more;
   * but at least one is, so that who asks again, behind the last, comes to the end.
   *
   * @param behind null: from the first
   */
  Report all(@Nullable Lane behind) throws SQLException, AbandonedException {
    Lane last = behind;
    List<Lane> page;
    do {
      page = parked.lanesBehind(redrive.view(), redrive.generation(), last, PAGE);
      for (Lane each : page) {
        if (last != null && lanes > 0 && !owner.mayWait()) {
          return report(
              parked.countBehind(redrive.view(), redrive.generation(), last),
              new LaneName(last.kind().wire(), last.id()));
        }
        redrive(each);
        last = each;
      }
    } while (page.size() == PAGE);
    return report(0, null);
  }

  private void redrive(Lane lane) throws AbandonedException {
    Outcome outcome = redrive.lane(lane, owner);
    lanes++;
    events += outcome.events();
    left += outcome.left();
    if (outcome.cause() != null) {
      failures.put(lane.kind().wire() + " " + lane.id(), outcome.cause());
    }
  }

  private Report report(long untried, @Nullable LaneName after) {
    return new Report(lanes, events, left, failures, untried, after);
  }
}
