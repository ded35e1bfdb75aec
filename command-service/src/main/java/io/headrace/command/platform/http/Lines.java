package io.headrace.command.platform.http;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of bytes into lines. Of a line over the limit nothing is kept; it is reported, and
 * what follows its line feed is read on. For one thread.
 */
final class Lines {

  /**
   * @param number from 1
   * @param text without the line feed; empty if it is too long
   */
  record Line(long number, byte[] text, boolean tooLong) {

    boolean blank() {
      if (tooLong) {
        return false;
      }
      for (byte b : text) {
        if (b != ' ' && b != '\t' && b != '\r') {
          return false;
        }
      }
      return true;
    }
  }

  private static final byte[] NOTHING = {};

  private final long limit;
  private byte[] chunk = NOTHING;
  private int position;
  private Buffer begun = Buffer.buffer();
  private boolean tooLong;
  private long number;

  Lines(long limit) {
    this.limit = limit;
  }

  /** Takes more bytes; only when {@link #next} has found no line in those before. */
  void add(Buffer more) {
    chunk = more.getBytes();
    position = 0;
  }

  /** The next line that has come to its line feed. */
  @Nullable Line next() {
    for (int i = position; i < chunk.length; i++) {
      if (chunk[i] == '\n') {
        begin(i);
        position = i + 1;
        return finish();
      }
    }
    begin(chunk.length);
    chunk = NOTHING;
    position = 0;
    return null;
  }

  /** What stands behind the last line feed, at the end of the stream. */
  @Nullable Line last() {
    return begun.length() == 0 && !tooLong ? null : finish();
  }

  private void begin(int end) {
    if (begun.length() + (long) (end - position) > limit) {
      tooLong = true;
      begun = Buffer.buffer();
    } else if (!tooLong) {
      begun.appendBytes(chunk, position, end - position);
    }
  }

  private Line finish() {
    Line line = new Line(++number, begun.getBytes(), tooLong);
    begun = Buffer.buffer();
    tooLong = false;
    return line;
  }
}
