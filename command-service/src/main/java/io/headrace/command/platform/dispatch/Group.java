package io.headrace.command.platform.dispatch;

import io.headrace.command.platform.log.EventLog.KeyedAnswer;
import io.headrace.command.platform.log.EventLog.NewEvent;
import io.headrace.command.platform.log.EventLog.StreamAppend;
import java.util.ArrayList;
import java.util.List;

/**
 * The commands of one batch for one stream, decided one after another, each on the state that the
 * one before it leads to. They are appended together or not at all: a later decision holds only if
 * the earlier ones come true.
 */
final class Group {

  final String streamId;

  /** Whether the first decision was made on the assumption that the stream is new. */
  final boolean assumedNew;

  final long base;
  final List<Pending> members = new ArrayList<>(1);
  VersionedState state;

  Group(String streamId, VersionedState start, boolean assumedNew) {
    this.streamId = streamId;
    this.base = start.version();
    this.state = start;
    this.assumedNew = assumedNew;
  }

  StreamAppend append() {
    List<NewEvent> events = new ArrayList<>(members.size());
    List<KeyedAnswer> keys = new ArrayList<>(0);
    for (Pending member : members) {
      events.addAll(member.events);
      if (member.key != null) {
        keys.add(new KeyedAnswer(member.key, member.fingerprint, member.answer()));
      }
    }
    return new StreamAppend(streamId, base, events, keys);
  }
}
