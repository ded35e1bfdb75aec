package io.headrace.projection.platform.engine;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.Headers;
import io.headrace.events.platform.Topics;
import io.headrace.localstack.PostgresServer;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;

/**
 * The log of the command service in the command service's own table, served as that service serves
 * it: {@code GET /log} and {@code GET /log/streams/{id}}.
 */
public final class EventLogServer implements AutoCloseable {

  private static final Path TABLES =
      Path.of("../command-service/src/main/resources/db/migration/V1__event_log.sql");

  private final PostgresServer postgres;
  private final HttpServer server;
  private volatile int breakAfter = Integer.MAX_VALUE;

  public EventLogServer(PostgresServer postgres) throws IOException, SQLException {
    this.postgres = postgres;
    try (Connection owner = postgres.connect(PostgresServer.COMMANDS, "headrace_owner");
        ResultSet found =
            owner.createStatement().executeQuery("SELECT to_regclass('event_log') IS NOT NULL")) {
      found.next();
      if (!found.getBoolean(1)) {
        owner.createStatement().execute(Files.readString(TABLES));
      }
    }
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/log", this::answer);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Cuts answers off after so many events. */
  void breakAfter(int events) {
    breakAfter = events;
  }

  /** As a command service does; what is there already stays as it is. */
  static void append(PostgresServer postgres, List<Published> events) throws SQLException {
    try (Connection connection = postgres.connect(PostgresServer.COMMANDS, "headrace_command")) {
      connection.setAutoCommit(false);
      try (PreparedStatement statement =
          connection.prepareStatement(
              "INSERT INTO event_log VALUES (?, ?, ?, ?, ?, ?, '{}', ?) ON CONFLICT DO NOTHING")) {
        for (Published each : events) {
          statement.setString(1, each.streamId());
          statement.setLong(2, each.version());
          statement.setString(3, each.topic().replace(Topics.of(""), ""));
          statement.setString(4, each.headers().get(Headers.TYPE));
          statement.setString(5, each.key());
          statement.setLong(
              6,
              ChronoUnit.MICROS.between(
                  Instant.EPOCH, Instant.parse(each.headers().get(Headers.TIME))));
          statement.setString(7, new String(each.payload(), StandardCharsets.UTF_8));
          statement.addBatch();
        }
        statement.executeBatch();
      }
      connection.commit();
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    String query = exchange.getRequestURI().getRawQuery();
    List<String> contexts = new ArrayList<>();
    String after = "";
    for (String each : query == null ? new String[0] : query.split("&")) {
      String value = decode(each.substring(each.indexOf('=') + 1));
      if (each.startsWith("context=")) {
        contexts.add(value);
      } else {
        after = value;
      }
    }
    try (Connection connection = postgres.connect(PostgresServer.COMMANDS, "headrace_command")) {
      connection.setAutoCommit(false);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      try (PreparedStatement statement = statement(connection, path, contexts, after)) {
        statement.setFetchSize(1_000);
        try (ResultSet results = statement.executeQuery()) {
          exchange.getResponseHeaders().add("Content-Type", "application/x-ndjson");
          exchange.sendResponseHeaders(200, 0);
          write(results, exchange.getResponseBody());
        }
      }
    } catch (SQLException e) {
      exchange.sendResponseHeaders(503, -1);
    } finally {
      exchange.close();
    }
  }

  private static PreparedStatement statement(
      Connection connection, String path, List<String> contexts, String after) throws SQLException {
    String columns =
        "SELECT stream_id, stream_version, context, event_type, partition_key, recorded_at, metadata, payload FROM event_log WHERE ";
    PreparedStatement statement;
    if (path.startsWith("/log/streams/")) {
      statement =
          connection.prepareStatement(
              columns + "stream_id = ? AND stream_version > ? ORDER BY stream_version");
      statement.setString(1, decode(path.substring("/log/streams/".length())));
      statement.setLong(2, after.isEmpty() ? 0 : Long.parseLong(after));
    } else {
      statement =
          connection.prepareStatement(
              columns
                  + "context = ANY(?) AND (stream_id, stream_version) > (?, ?) ORDER BY stream_id, stream_version");
      statement.setArray(1, connection.createArrayOf("text", contexts.toArray()));
      int at = after.lastIndexOf('@');
      statement.setString(2, at < 0 ? "" : after.substring(0, at));
      statement.setLong(3, at < 0 ? 0 : Long.parseLong(after.substring(at + 1)));
    }
    return statement;
  }

  private void write(ResultSet results, OutputStream body) throws SQLException, IOException {
    BufferedOutputStream out = new BufferedOutputStream(body, 1 << 16);
    int events = 0;
    while (results.next()) {
      if (events == breakAfter) {
        out.flush();
        return;
      }
      ObjectNode line = EventJson.mapper().createObjectNode();
      line.put("id", results.getString(1) + "@" + results.getLong(2));
      line.put("context", results.getString(3));
      line.put("streamId", results.getString(1));
      line.put("streamVersion", results.getLong(2));
      line.put("type", results.getString(4));
      line.put("partitionKey", results.getString(5));
      line.put("recordedAt", Instant.EPOCH.plus(results.getLong(6), ChronoUnit.MICROS).toString());
      line.putRawValue("metadata", new RawValue(results.getString(7)));
      line.putRawValue("data", new RawValue(results.getString(8)));
      out.write(EventJson.mapper().writeValueAsBytes(line));
      out.write('\n');
      events++;
    }
    out.write("{\"end\":true,\"events\":%d}\n".formatted(events).getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
