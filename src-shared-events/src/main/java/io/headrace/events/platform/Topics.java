package io.headrace.events.platform;

/** The names of the Kafka topics. */
public final class Topics {

  /** Up to when the log has been published, see {@link Heartbeat}. */
  public static final String HEARTBEAT = "headrace.heartbeat";

  private static final String SUFFIX = ".events";

  private Topics() {}

  /** {@code <context>.events}: every event of the context. */
  public static String of(String context) {
    return context + SUFFIX;
  }

  /** Whether it is the topic of a context. */
  public static boolean isOfContext(String topic) {
    return topic.length() > SUFFIX.length() && topic.endsWith(SUFFIX);
  }
}
