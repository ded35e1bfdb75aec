package io.headrace.systemtests.replay;

import java.time.LocalDate;
import java.util.List;
import java.util.Map;

/**
 * What did come out of a replay.
 *
 * @param outcomes one for each step of the timeline
 * @param missedReactions what did not happen although it had to
 * @param orders those that the view knows, of all that the data has
 * @param customers the orders of every customer of the data
 * @param days without what was there before the replay
 * @param streams the version of each stream that is expected, 0 for one that is not there
 */
public record Observed(
    List<Outcome> outcomes,
    List<String> missedReactions,
    Map<String, OrderRow> orders,
    Map<String, SellerRow> sellers,
    Map<String, List<String>> customers,
    Map<LocalDate, DayRow> days,
    Map<StreamRef, Integer> streams) {

  /** What would come out if all were as expected. */
  public static Observed exactly(Expected expected) {
    return new Observed(
        expected.steps().stream().map(Expected.ExpectedStep::outcome).toList(),
        List.of(),
        expected.orders(),
        expected.sellers(),
        Reconciliation.ordersOfCustomers(expected),
        expected.days(),
        expected.streams());
  }
}
