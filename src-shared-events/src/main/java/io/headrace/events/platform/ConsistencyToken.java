package io.headrace.events.platform;

/**
 * What a command has done, for a query that wants to see it: the stream, and the version that it
 * had come to.
 *
 * @param context whose topic carries the stream
 * @param streamId for example {@code order-4711}
 * @param streamVersion at least 1
 */
public record ConsistencyToken(String context, String streamId, long streamVersion) {

  public ConsistencyToken {
    if (streamVersion < 1) {
      throw new IllegalArgumentException("a stream that has events has a version of 1 or more");
    }
  }
}
