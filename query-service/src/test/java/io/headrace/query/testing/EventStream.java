package io.headrace.query.testing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A client of a live query, as the documents describe it: it keeps the rows that it is told. */
public final class EventStream implements AutoCloseable {

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final ObjectMapper JSON = new ObjectMapper();

  /** An event that has data. */
  public record Event(String name, JsonNode data) {}

  private final String key;
  private final HttpResponse<InputStream> response;
  private final List<Event> events = new ArrayList<>();
  private final Map<String, JsonNode> rows = new TreeMap<>();
  private final Consumer<EventStream> afterEach;
  private @Nullable String id;
  private int signs;
  private boolean ended;

  private EventStream(String key, HttpResponse<InputStream> response, Consumer<EventStream> each) {
    this.key = key;
    this.response = response;
    this.afterEach = each;
  }

  public static EventStream open(URI uri, String key) {
    return open(uri, key, null, Map.of(), _ -> {});
  }

  /**
   * @param lastEventId null for none
   * @param rows what the client has from before
   * @param afterEach called after each event, by the thread that reads
   */
  public static EventStream open(
      URI uri,
      String key,
      @Nullable String lastEventId,
      Map<String, JsonNode> rows,
      Consumer<EventStream> afterEach) {
    // As a browser asks. A stream must not be compressed, or events would wait for others.
    var request =
        HttpRequest.newBuilder(uri)
            .header("Accept", "text/event-stream")
            .header("Accept-Encoding", "gzip, deflate, br");
    if (lastEventId != null) {
      request.header("Last-Event-ID", lastEventId);
    }
    try {
      var response = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      var stream = new EventStream(key, response, afterEach);
      stream.id = lastEventId;
      stream.rows.putAll(rows);
      Thread.ofVirtual().start(stream::read);
      return stream;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  public HttpResponse<InputStream> response() {
    return response;
  }

  private void read() {
    try (var lines =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      var name = "message";
      var data = new StringBuilder();
      String newId = null;
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.isEmpty()) {
          happened(name, data.toString(), newId);
          name = "message";
          data.setLength(0);
          newId = null;
        } else if (line.startsWith("event: ")) {
          name = line.substring("event: ".length());
        } else if (line.startsWith("data: ")) {
          data.append(line.substring("data: ".length()));
        } else if (line.startsWith("id: ")) {
          newId = line.substring("id: ".length());
        }
      }
    } catch (IOException e) {
      // The connection is gone, as it also is when the test closes it.
    } finally {
      end();
    }
  }

  private synchronized void end() {
    ended = true;
  }

  private void happened(String name, String data, @Nullable String newId)
      throws JsonProcessingException {
    synchronized (this) {
      if (newId != null) {
        id = newId;
        signs++;
      }
      if (data.isEmpty()) {
        return;
      }
      var event = new Event(name, JSON.readTree(data));
      events.add(event);
      if (name.equals("state")) {
        rows.clear();
      }
      event.data().path("rows").forEach(row -> rows.put(row.get(key).asText(), row));
      event.data().path("gone").forEach(gone -> rows.remove(gone.asText()));
    }
    afterEach.accept(this);
  }

  public synchronized List<Event> events() {
    return List.copyOf(events);
  }

  public synchronized List<String> names() {
    return events.stream().map(Event::name).toList();
  }

  public synchronized Event last() {
    return events.getLast();
  }

  public synchronized Map<String, JsonNode> rows() {
    return new TreeMap<>(rows);
  }

  public synchronized String id() {
    return id;
  }

  /** How many ids were sent, with data or without. */
  public synchronized int signs() {
    return signs;
  }

  public synchronized boolean isEnded() {
    return ended;
  }

  @Override
  public void close() {
    try {
      response.body().close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
