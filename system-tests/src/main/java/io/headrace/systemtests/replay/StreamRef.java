package io.headrace.systemtests.replay;

/** A stream, named as the command API names it. */
public record StreamRef(String context, String collection, String id)
    implements Comparable<StreamRef> {

  static StreamRef order(String id) {
    return new StreamRef("ordering", "orders", id);
  }

  static StreamRef payment(String id) {
    return new StreamRef("payment", "payments", id);
  }

  static StreamRef shipment(String id) {
    return new StreamRef("shipping", "shipments", id);
  }

  static StreamRef review(String id) {
    return new StreamRef("review", "reviews", id);
  }

  public String path() {
    return "/" + context + "/" + collection + "/" + id;
  }

  @Override
  public int compareTo(StreamRef other) {
    return path().compareTo(other.path());
  }
}
