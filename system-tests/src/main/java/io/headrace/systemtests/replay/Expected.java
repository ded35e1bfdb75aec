package io.headrace.systemtests.replay;

import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * What has to come out of a replay.
 *
 * @param steps one for each step of the timeline, in its order
 * @param orders by id, of the orders that were placed
 * @param refusedOrders ids of those that were not
 * @param sellers by id
 * @param streams the version of every stream that has events: a lost or doubled event shows here
 */
public record Expected(
    List<ExpectedStep> steps,
    SortedMap<String, OrderRow> orders,
    List<String> refusedOrders,
    SortedMap<String, SellerRow> sellers,
    SortedMap<LocalDate, DayRow> days,
    Map<StreamRef, Integer> streams) {

  /**
   * @param after what reactions must have done before the step is sent, so that its outcome does
   *     not depend on how fast they are
   */
  public record ExpectedStep(Step step, Outcome outcome, List<StreamVersion> after) {}

  public record StreamVersion(StreamRef stream, int version) {}
}
