package io.headrace.command.platform.dispatch;

import io.headrace.command.platform.dispatch.CommandOutcome.Decided;
import io.headrace.command.platform.log.EventLog.NewEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A command on its way through the lane. What changes in it is touched in the lane's turns only.
 */
final class Pending {

  final Aggregate aggregate;
  final String streamId;
  final Object command;
  final @Nullable Precondition precondition;
  final @Nullable String key;
  final byte[] fingerprint;

  /** JSON, see {@link io.headrace.events.platform.EventMetadata}. */
  final String metadata;

  /** About what it holds in memory, measured by its request. */
  final int bytes;

  final CompletableFuture<CommandOutcome> reply;

  /** Those with the same key that came while this one was on its way. */
  final List<Pending> followers = new ArrayList<>(0);

  int conflicts;
  boolean done;

  /** Appended without neighbours: it was in a batch that was refused for the content of one. */
  boolean alone;

  // Of the latest decision; void if the append it belongs to is not carried out.
  @Nullable CommandOutcome outcome;
  List<NewEvent> events = List.of();

  Pending(
      Aggregate aggregate,
      String streamId,
      Object command,
      @Nullable Precondition precondition,
      @Nullable String key,
      byte[] fingerprint,
      String metadata,
      int bytes,
      CompletableFuture<CommandOutcome> reply) {
    this.aggregate = aggregate;
    this.streamId = streamId;
    this.command = command;
    this.precondition = precondition;
    this.key = key;
    this.fingerprint = fingerprint;
    this.metadata = metadata;
    this.bytes = bytes;
    this.reply = reply;
  }

  /** What the key is to remember; empty for an outcome that is not final. */
  String answer() {
    return outcome instanceof Decided decided ? Answers.write(decided) : "";
  }
}
