package io.headrace.benchmarks.append;

import io.headrace.benchmarks.append.HttpLoad.Request;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Commands as clients send them, for streams whose ids all begin with one prefix. */
final class Commands {

  private static final String ORDER =
      """
      {"customerId":"9ef432eb6251297304e76186b10a928d","lines":[\
      {"productId":"87285b34884572647811a353c7ac498a","sellerId":"3504c0cb71d7fa48d967e0e4c94d59d9",\
      "quantity":1,"unitPrice":{"amount":"29.99","currency":"BRL"},"freight":{"amount":"8.72","currency":"BRL"}},\
      {"productId":"595fac2a385ac33a80bd5114aec74eb8","sellerId":"289cdb325fb7e7f891c38608bf9e0962",\
      "quantity":2,"unitPrice":{"amount":"118.70","currency":"BRL"},"freight":{"amount":"22.76","currency":"BRL"}}],\
      "promisedDelivery":"2017-10-18","at":"2017-10-02T10:56:33Z"}""";

  /** What {@code PlaceOrder} of {@link #ORDER} records, for those that are not asked over HTTP. */
  static final String ORDER_PLACED =
      """
      {"orderId":"00000000-0000-0000-0000-000000000000","customerId":"9ef432eb6251297304e76186b10a928d","lines":[\
      {"productId":"87285b34884572647811a353c7ac498a","sellerId":"3504c0cb71d7fa48d967e0e4c94d59d9",\
      "quantity":1,"unitPrice":{"amount":"29.99","currency":"BRL"},"freight":{"amount":"8.72","currency":"BRL"}},\
      {"productId":"595fac2a385ac33a80bd5114aec74eb8","sellerId":"289cdb325fb7e7f891c38608bf9e0962",\
      "quantity":2,"unitPrice":{"amount":"118.70","currency":"BRL"},"freight":{"amount":"22.76","currency":"BRL"}}],\
      "items":{"amount":"267.39","currency":"BRL"},"freight":{"amount":"31.48","currency":"BRL"},\
      "promisedDelivery":"2017-10-18","placedAt":"2017-10-02T10:56:33Z"}""";

  static final String METADATA = "{\"ce_correlationid\":\"0f5ec8b8-6c5b-4dd1-9c8f-6d9f9bd4c2b1\"}";

  private final String prefix;
  private final int hot;
  private final AtomicInteger placed = new AtomicInteger();
  private final AtomicInteger confirmed = new AtomicInteger();

  /**
   * @param hot how many streams there are to be hot
   */
  Commands(String prefix, int hot) {
    this.prefix = prefix;
    this.hot = hot;
  }

  /** Each for a new stream. */
  Supplier<Request> newStreams() {
    return () ->
        new Request("/ordering/orders/" + order(placed.getAndIncrement()) + "/place-order", ORDER);
  }

  /** Each for a stream that {@link #newStreams} has made, the next event of it. */
  Supplier<Request> existingStreams() {
    return () -> {
      int next = confirmed.getAndIncrement();
      if (next >= placed.get()) {
        throw new IllegalStateException("more confirmations than orders");
      }
      return new Request("/ordering/orders/" + order(next) + "/confirm-order", "{}");
    };
  }

  int placedAndNotConfirmed() {
    return placed.get() - confirmed.get();
  }

  /** Makes the streams of {@link #hotStreams}. */
  Supplier<Request> requestShipments() {
    var next = new AtomicInteger();
    return () -> {
      int i = next.getAndIncrement();
      String shipment = shipment(i / 2 % hot);
      return i % 2 == 0
          ? new Request(
              "/shipping/shipments/" + shipment + "/request-shipment",
              "{\"orderId\":\"" + shipment + "\"}")
          : new Request("/shipping/shipments/" + shipment + "/dispatch-shipment", "{}");
    };
  }

  /** Zipf's law with exponent 1: of 10,000 streams the hottest gets about a tenth of all. */
  Supplier<Request> hotStreams(long seed) {
    var cumulative = new double[hot];
    double sum = 0;
    for (int i = 0; i < hot; i++) {
      sum += 1.0 / (i + 1);
      cumulative[i] = sum;
    }
    double total = sum;
    var random = new Random(seed);
    var failing = new boolean[hot];
    return () -> {
      int found = java.util.Arrays.binarySearch(cumulative, random.nextDouble() * total);
      int i = Math.min(hot - 1, found < 0 ? -found - 1 : found);
      failing[i] = !failing[i];
      String path = "/shipping/shipments/" + shipment(i);
      return failing[i]
          ? new Request(path + "/fail-shipment", "{\"reason\":\"nobody at home\"}")
          : new Request(path + "/dispatch-shipment", "{}");
    };
  }

  /** Spread over the index as random ids are. */
  private String order(int i) {
    return "%s%08x-%d".formatted(prefix, Integer.reverse(i) ^ 0x5bd1e995, i);
  }

  private String shipment(int i) {
    return prefix + "hot-" + i;
  }
}
