package io.headrace.command.platform.log;

class InMemoryEventLogTest extends EventLogContract {

  private final EventLog log = new InMemoryEventLog();

  @Override
  EventLog log() {
    return log;
  }
}
