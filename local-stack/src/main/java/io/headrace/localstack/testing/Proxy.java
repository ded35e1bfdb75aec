package io.headrace.localstack.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * A TCP proxy that can fall silent. What passed into silence is lost, and a connection that was
 * open then never says a word again, as behind a firewall that forgot it.
 *
 * <p>One for the JVM, kept in the system properties: the test and the resource that starts it may
 * see different copies of this class.
 */
public final class Proxy {

  private static final String PORT = "io.headrace.localstack.testing.proxy.port";
  private static final String SILENCES = "io.headrace.localstack.testing.proxy.silences";
  private static final String SILENT = "io.headrace.localstack.testing.proxy.silent";
  private static final int BUFFER = 8192;

  private Proxy() {}

  public static void start(int target) {
    try {
      var listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      System.setProperty(SILENT, "false");
      System.setProperty(SILENCES, "0");
      System.setProperty(PORT, String.valueOf(listener.getLocalPort()));
      Thread.ofVirtual().start(() -> accept(listener, target));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  public static int port() {
    return Integer.getInteger(PORT);
  }

  public static void stop() {
    System.clearProperty(PORT);
  }

  public static void silence() {
    System.setProperty(SILENCES, String.valueOf(Integer.getInteger(SILENCES) + 1));
    System.setProperty(SILENT, "true");
  }

  public static void speak() {
    System.setProperty(SILENT, "false");
  }

  private static void accept(ServerSocket listener, int target) {
    try (listener) {
      while (String.valueOf(listener.getLocalPort()).equals(System.getProperty(PORT))) {
        var client = listener.accept();
        var server = new Socket(InetAddress.getLoopbackAddress(), target);
        var silencesBefore = System.getProperty(SILENCES);
        Thread.ofVirtual().start(() -> pump(client, server, silencesBefore));
        Thread.ofVirtual().start(() -> pump(server, client, silencesBefore));
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void pump(Socket from, Socket to, String silencesBefore) {
    var buffer = new byte[BUFFER];
    try (from;
        to) {
      for (int n = from.getInputStream().read(buffer);
          n >= 0;
          n = from.getInputStream().read(buffer)) {
        if (!Boolean.getBoolean(SILENT) && silencesBefore.equals(System.getProperty(SILENCES))) {
          to.getOutputStream().write(buffer, 0, n);
        }
      }
    } catch (IOException e) {
      // The other end is gone; so is this one.
    }
  }
}
