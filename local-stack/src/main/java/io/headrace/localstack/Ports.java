package io.headrace.localstack;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Finds free TCP ports of this machine. */
public final class Ports {
  // Below the range from which Linux takes the ports of outgoing connections: a server that is
  // killed and started again
  // must find its port free.
  private static final int LOWEST = 20_000;
  private static final int HIGHEST = 32_000;

  private Ports() {}

  /** A port on which nothing listens; nothing keeps others from taking it before it is used. */
  public static int free() {
    for (int attempt = 0; attempt < 1_000; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
      if (isFree(port)) {
        return port;
      }
    }
    throw new LocalStackException(
        "No free TCP port found between %d and %d.".formatted(LOWEST, HIGHEST));
  }

  /** Whether a server could listen on this port, on loopback and on all addresses. */
  public static boolean isFree(int port) {
    return canBind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
        && canBind(new InetSocketAddress(port));
  }

  /**
   * Whether a server could listen on this port now or in a moment. A first "taken" means little: a
   * process that another thread is just starting holds, until it runs its own program, a copy of
   * every socket of this JVM, the one that probes this port included; and the kernel may still be
   * closing what a killed server had open.
   */
  static boolean becomesFree(int port) {
    for (int attempt = 0; attempt < 20; attempt++) {
      if (isFree(port)) {
        return true;
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return false;
  }

  private static boolean canBind(InetSocketAddress address) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(address);
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
