package io.headrace.relay.platform.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A network between a relay and its database, that can be cut: nothing passes any more, and nobody
 * is told, as when a router dies.
 */
public final class Wire implements AutoCloseable {

  private final ServerSocket server;
  private final int target;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition mended = lock.newCondition();
  private boolean cut;

  public Wire(int target) {
    this.target = target;
    try {
      server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  public int port() {
    return server.getLocalPort();
  }

  public void cut() {
    set(true);
  }

  public void mend() {
    set(false);
  }

  private void set(boolean state) {
    lock.lock();
    try {
      cut = state;
      mended.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void pass() throws InterruptedException {
    lock.lock();
    try {
      while (cut) {
        mended.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket here = server.accept();
        Thread.ofVirtual().start(() -> connect(here));
      }
    } catch (IOException _) {
      // Closed.
    }
  }

  private void connect(Socket here) {
    try {
      pass();
      Socket there = new Socket(InetAddress.getLoopbackAddress(), target);
      Thread.ofVirtual().start(() -> copy(here, there));
      copy(there, here);
    } catch (IOException | InterruptedException _) {
      close(here);
    }
  }

  private void copy(Socket from, Socket to) {
    byte[] buffer = new byte[16 * 1024];
    try (from;
        to) {
      for (int read = from.getInputStream().read(buffer);
          read >= 0;
          read = from.getInputStream().read(buffer)) {
        pass();
        to.getOutputStream().write(buffer, 0, read);
      }
    } catch (IOException | InterruptedException _) {
      // Either end is gone.
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException _) {
      // Gone.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    mend();
  }
}
