package io.headrace.events.platform;

/** The names of the Kafka topics. */
public final class Topics {

  private static final String SUFFIX = ".events";

  private Topics() {}

  /** {@code <context>.events}: every event of the context. */
  public static String of(String context) {
    return context + SUFFIX;
  }
}
