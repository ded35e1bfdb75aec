package io.headrace.benchmarks.append;

import io.headrace.benchmarks.append.HttpLoad.Request;
import io.headrace.benchmarks.append.Load.Ids;
import io.headrace.benchmarks.append.Load.Streams;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Commands as clients send them. */
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
  private final Supplier<Request> hotRequests;
  private final AtomicInteger placed = new AtomicInteger();
  private final AtomicInteger placedInOrder = new AtomicInteger();
  private final AtomicInteger confirmed = new AtomicInteger();

  /**
   * @param prefix tells these streams from those of others
   * @param hot how many streams there are to be hot
   * @param seed of the order in which they are
   */
  Commands(String prefix, int hot, long seed) {
    this.prefix = prefix;
    this.hot = hot;
    this.hotRequests = hotRequests(seed);
  }

  /** Each for a new stream with an id like a random one. */
  Load newStreams() {
    return newStreams("new streams", Ids.DIGESTS, placed);
  }

  /** Each for a new stream with an id that begins with the time. */
  Load newStreamsInOrder() {
    return newStreams("new streams, ids in order", Ids.IN_ORDER, placedInOrder);
  }

  private Load newStreams(String what, Ids ids, AtomicInteger next) {
    int from = next.get();
    return new Load(
        what,
        () ->
            new Request(
                "/ordering/orders/" + ids.of(prefix, next.getAndIncrement()) + "/place-order",
                ORDER),
        () -> new Streams("order", ids, prefix, from, next.get()),
        0);
  }

  /** Each for a stream that {@link #newStreams} has made, the next event of it. */
  Load existingStreams() {
    int from = confirmed.get();
    return new Load(
        "existing streams, cold",
        () -> {
          int next = confirmed.getAndIncrement();
          if (next >= placed.get()) {
            throw new IllegalStateException("more confirmations than orders");
          }
          return new Request(
              "/ordering/orders/" + Ids.DIGESTS.of(prefix, next) + "/confirm-order", "{}");
        },
        () -> new Streams("order", Ids.DIGESTS, prefix, from, confirmed.get()),
        1);
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
  Load hotStreams() {
    return new Load(
        "Zipf-hot streams",
        hotRequests,
        () -> new Streams("shipment", Ids.DIGESTS, hotPrefix(), 0, hot),
        0);
  }

  private Supplier<Request> hotRequests(long seed) {
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

  private String shipment(int i) {
    return Ids.DIGESTS.of(hotPrefix(), i);
  }

  private String hotPrefix() {
    return prefix + "hot-";
  }
}
