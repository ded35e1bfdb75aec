package io.headrace.benchmarks.projection;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.headrace.benchmarks.projection.Dataset.Event;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executors;

/** The command service's log stream at no cost: lines that were written before. */
final class LogServer implements AutoCloseable {

  private static final int BUFFER = 1 << 18;

  private final HttpServer server;
  private volatile List<byte[]> lines = List.of();

  LogServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/log", this::answer);
    server.setExecutor(Executors.newCachedThreadPool());
    server.start();
  }

  void serve(Dataset dataset) {
    lines = dataset.events().stream().map(Event::line).toList();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = new BufferedOutputStream(exchange.getResponseBody(), BUFFER)) {
      // No stream has a gap here.
      boolean all = exchange.getRequestURI().getPath().equals("/log");
      List<byte[]> now = all ? lines : List.of();
      for (byte[] line : now) {
        out.write(line);
        out.write('\n');
      }
      out.write(
          "{\"end\":true,\"events\":%d}\n".formatted(now.size()).getBytes(StandardCharsets.UTF_8));
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
