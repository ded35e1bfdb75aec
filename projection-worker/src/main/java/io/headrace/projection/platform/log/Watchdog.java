package io.headrace.projection.platform.log;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/**
 * Closes a stream on which a read has waited for too long: a server that vanishes without a word
 * would hold its reader for ever.
 */
final class Watchdog extends FilterInputStream {

  private final long patience;
  private final Thread thread;
  private volatile long waitingSince;
  private volatile boolean waiting;
  private volatile boolean bitten;

  Watchdog(InputStream in, Duration patience) {
    super(in);
    this.patience = patience.toNanos();
    this.thread = Thread.ofVirtual().start(this::watch);
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(Duration.ofNanos(patience / 4));
        if (waiting && System.nanoTime() - waitingSince > patience) {
          bitten = true;
          in.close();
          return;
        }
      }
    } catch (InterruptedException | IOException e) {
      // Closed.
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    waitingSince = System.nanoTime();
    waiting = true;
    try {
      int read = super.read(buffer, offset, length);
      if (bitten) {
        throw new IOException("no byte came for " + Duration.ofNanos(patience));
      }
      return read;
    } finally {
      waiting = false;
    }
  }

  @Override
  public void close() throws IOException {
    thread.interrupt();
    super.close();
  }
}
