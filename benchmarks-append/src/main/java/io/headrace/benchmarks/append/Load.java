package io.headrace.benchmarks.append;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Supplier;

/**
 * One kind of load.
 *
 * @param what its name in the table
 * @param requests the next request at each call
 * @param streams those that its requests have been for
 * @param eventsEach how many events each of these had before, where the load chooses the streams;
 *     where they are known beforehand, they are counted
 */
record Load(
    String what, Supplier<HttpLoad.Request> requests, Supplier<Streams> streams, int eventsEach) {

  /**
   * Streams with consecutive numbers.
   *
   * @param ids what their ids are made of
   */
  record Streams(String aggregate, Ids ids, String prefix, int from, int to) {

    int size() {
      return to - from;
    }

    /** A query for their ids. */
    String query() {
      return "SELECT '%s-' || %s AS id FROM generate_series(%d, %d) i"
          .formatted(aggregate, ids.sql.formatted(prefix), from, to - 1);
    }
  }

  /** Ids that PostgreSQL can say too. */
  enum Ids {
    /** All over the index, as random ones are. */
    DIGESTS("md5('%s' || i)") {
      @Override
      String of(String prefix, int number) {
        try {
          byte[] digest =
              MessageDigest.getInstance("MD5")
                  .digest((prefix + number).getBytes(StandardCharsets.US_ASCII));
          return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
          throw new IllegalStateException("every Java platform has MD5", e);
        }
      }
    },
    /** Each beside the one before it, as those are that begin with the time (UUID version 7). */
    IN_ORDER("'%s' || lpad(to_hex(i), 8, '0')") {
      @Override
      String of(String prefix, int number) {
        return prefix + HexFormat.of().toHexDigits(number);
      }
    };

    private final String sql;

    Ids(String sql) {
      this.sql = sql;
    }

    abstract String of(String prefix, int number);
  }
}
