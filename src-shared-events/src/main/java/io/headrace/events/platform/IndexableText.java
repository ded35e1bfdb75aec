package io.headrace.events.platform;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Text that PostgreSQL can hold in an index: without NUL, and short. A B-tree takes no entry above
 * 2,704 bytes (a third of a page); several such texts may stand in one.
 *
 * <p>Nor has it U+FFFD, which is what bytes that are no UTF-8 are read as: that marks what stands
 * for another text.
 */
public final class IndexableText {

  /** In characters, of three bytes at most in UTF-8. */
  public static final int MAX_LENGTH = 256;

  private static final char MARK = '\uFFFD';

  private IndexableText() {}

  public static boolean isIndexable(String text) {
    return text.length() <= MAX_LENGTH && text.indexOf('\0') < 0 && text.indexOf(MARK) < 0;
  }

  /**
   * The text itself if it is indexable; else one that stands for it, and for no other: its
   * beginning and its SHA-256.
   */
  public static String of(String text) {
    if (isIndexable(text)) {
      return text;
    }
    StringBuilder beginning = new StringBuilder(text.replace('\0', MARK));
    if (beginning.length() > MAX_LENGTH) {
      boolean cutsOne = Character.isHighSurrogate(beginning.charAt(MAX_LENGTH - 1));
      beginning.setLength(cutsOne ? MAX_LENGTH - 1 : MAX_LENGTH);
    }
    return beginning.append(MARK).append(sha256(text)).toString();
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
