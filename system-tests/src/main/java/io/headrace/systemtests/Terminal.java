package io.headrace.systemtests;

import io.headrace.systemtests.replay.TerminalProgress;
import java.io.Console;

/** How progress is shown. */
final class Terminal {

  private Terminal() {}

  static TerminalProgress progress() {
    Console console = System.console();
    return new TerminalProgress(System.out, console != null && console.isTerminal());
  }
}
