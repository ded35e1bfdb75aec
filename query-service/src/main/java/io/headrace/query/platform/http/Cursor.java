package io.headrace.query.platform.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * A place in a list: between rows, named by what the row beside it is ordered by.
 *
 * <p>As text it is opaque, and begins with a digest over itself and the list it belongs to. That
 * refuses a cursor that is damaged, or of another list, filter or order, by which rows would go
 * missing silently. It is no signature and need not be one: whatever a cursor says is read strictly
 * and bound as a parameter, and leads to no row that the list would not show anyway.
 */
record Cursor(List<String> values) {

  private static final int DIGEST_BYTES = 6;

  /**
   * @param list what tells this list from any other
   */
  String encode(String list) {
    var content = String.join("\0", values).getBytes(StandardCharsets.UTF_8);
    var digest = digest(list, content);
    var whole = Arrays.copyOf(digest, DIGEST_BYTES + content.length);
    System.arraycopy(content, 0, whole, DIGEST_BYTES, content.length);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(whole);
  }

  /** Empty if it is not a cursor of this list. */
  static Optional<Cursor> decode(String text, String list) {
    byte[] whole;
    try {
      whole = Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    if (whole.length <= DIGEST_BYTES) {
      return Optional.empty();
    }
    var content = Arrays.copyOfRange(whole, DIGEST_BYTES, whole.length);
    if (!Arrays.equals(whole, 0, DIGEST_BYTES, digest(list, content), 0, DIGEST_BYTES)) {
      return Optional.empty();
    }
    return Optional.of(
        new Cursor(List.of(new String(content, StandardCharsets.UTF_8).split("\0", -1))));
  }

  private static byte[] digest(String list, byte[] content) {
    try {
      var sha = MessageDigest.getInstance("SHA-256");
      sha.update(list.getBytes(StandardCharsets.UTF_8));
      sha.update((byte) 0);
      return Arrays.copyOf(sha.digest(content), DIGEST_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
