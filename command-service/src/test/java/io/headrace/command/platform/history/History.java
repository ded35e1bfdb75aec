package io.headrace.command.platform.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What clients sent and what they were told, and whether the log can be the truth behind it. Each
 * command carries a correlation id of its own, so each event tells whose it is.
 */
final class History {

  /**
   * A command and its end.
   *
   * @param id its correlation id
   * @param sent when it was first sent
   * @param told when the answer came, or the client gave up
   * @param answer null if the client was never told for certain
   */
  record Command(String id, String stream, long sent, long told, @Nullable Answer answer) {}

  /**
   * A certain answer: accepted with these events at last ending with this version, or with none.
   */
  record Answer(int status, long version, List<String> events) {}

  /** Whose it is, is not told: an event is compared with what was told of it. */
  private record Event(String stream, long version, String type) {}

  /**
   * A row of the log.
   *
   * @param command whose it is
   */
  record Row(String stream, long version, String type, String command) {}

  private final Map<String, Command> commands = new ConcurrentHashMap<>();

  void add(Command command) {
    commands.put(command.id(), command);
  }

  long accepted() {
    return commands.values().stream()
        .filter(c -> c.answer() != null && c.answer().status() < 300)
        .count();
  }

  /**
   * Checks everything; call it when nothing is on its way any more.
   *
   * @param streams all that commands were sent for; other loads may share the database
   */
  void verify(Connection connection, Collection<String> streams) throws SQLException {
    List<Row> log = new ArrayList<>();
    Map<String, Long> heads = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT stream_id, stream_version, event_type,"
                    + " metadata::json ->> 'ce_correlationid' AS command"
                    + " FROM event_log ORDER BY stream_id, stream_version")) {
      while (rows.next()) {
        log.add(new Row(rows.getString(1), rows.getLong(2), rows.getString(3), rows.getString(4)));
      }
    }
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT stream_id, version FROM stream")) {
      while (rows.next()) {
        heads.put(rows.getString(1), rows.getLong(2));
      }
    }
    verify(log, heads, streams);
  }

  /**
   * @param log by stream and version
   */
  void verify(List<Row> log, Map<String, Long> heads, Collection<String> streams) {
    Map<String, List<Event>> byCommand = new TreeMap<>();
    Map<String, List<Event>> byStream = new TreeMap<>();
    Map<String, String> owner = new TreeMap<>();
    for (Row row : log) {
      boolean ours = streams.contains(row.stream);
      // An event of ours that has got into a stream of another load must not escape.
      if (ours || commands.containsKey(row.command)) {
        Event event = new Event(row.stream, row.version, row.type);
        byCommand.computeIfAbsent(row.command, c -> new ArrayList<>()).add(event);
        if (ours) {
          byStream.computeIfAbsent(event.stream, s -> new ArrayList<>()).add(event);
          owner.put(event.stream + "@" + event.version, row.command);
        }
      }
    }
    assertThat(commands.keySet())
        .as("events of commands that were sent")
        .containsAll(byCommand.keySet());
    commands
        .values()
        .forEach(command -> verify(command, byCommand.getOrDefault(command.id(), List.of())));
    byStream.forEach((stream, events) -> verifyOrder(stream, events));
    byStream.forEach((stream, events) -> verifyTime(events, owner));
    for (String stream : streams) {
      assertThat(heads.getOrDefault(stream, 0L))
          .as("the head of %s", stream)
          .isEqualTo(byStream.getOrDefault(stream, List.of()).size());
    }
  }

  private static void verify(Command command, List<Event> events) {
    Answer answer = command.answer();
    if (answer == null) {
      // Each of these commands records one event or none.
      assertThat(events)
          .as("not acknowledged: wholly or not at all: %s", command)
          .hasSizeLessThan(2)
          .allMatch(event -> event.stream.equals(command.stream()));
      return;
    }
    List<Event> told = new ArrayList<>();
    for (int i = 0; i < answer.events().size(); i++) {
      long version = answer.version() - answer.events().size() + 1 + i;
      told.add(new Event(command.stream(), version, answer.events().get(i)));
    }
    assertThat(events).as("acknowledged: exactly once, as told: %s", command).isEqualTo(told);
  }

  /** No gap, no duplicate, and each event follows from those before it. */
  private static void verifyOrder(String stream, List<Event> events) {
    for (int i = 0; i < events.size(); i++) {
      String expected =
          i == 0 ? "ShipmentRequested" : i % 2 == 1 ? "ShipmentDispatched" : "ShipmentFailed";
      assertThat(events.get(i)).isEqualTo(new Event(stream, i + 1, "shipping." + expected + ".v1"));
    }
  }

  /** A command that was sent after another had been answered comes after it in the stream. */
  private void verifyTime(List<Event> events, Map<String, String> owner) {
    long earliestAnswerBehind = Long.MAX_VALUE;
    for (int i = events.size() - 1; i >= 0; i--) {
      Event event = events.get(i);
      Command command = commands.get(owner.get(event.stream + "@" + event.version));
      assertThat(command.sent())
          .as("%s before what was answered later", event)
          .isLessThan(earliestAnswerBehind);
      if (command.answer() != null) {
        earliestAnswerBehind = Math.min(earliestAnswerBehind, command.told());
      }
    }
  }
}
