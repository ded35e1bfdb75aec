package io.headrace.command.platform.process;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.command.platform.dispatch.CommandDispatcher;
import io.headrace.command.platform.dispatch.CommandOutcome;
import io.headrace.command.platform.dispatch.CommandRequest;
import io.headrace.command.platform.dispatch.DefectException;
import io.headrace.command.platform.spi.Reaction;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.EventMetadata;
import io.headrace.events.platform.RecordedEvent;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.logging.Log;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Sends the commands of the process managers, to this service or to the one that serves their
 * context. Blocking.
 */
@ApplicationScoped
class Commands {

  /** What {@link CommandRequest#idempotencyKey} can hold. */
  private static final int MAX_KEY = 255;

  private final CommandDispatcher dispatcher;
  private final RemoteCommands remote;
  private final Backoff backoff;
  private final MeterRegistry metrics;
  private final Duration timeout;

  Commands(
      CommandDispatcher dispatcher,
      RemoteCommands remote,
      Backoff backoff,
      MeterRegistry metrics,
      ProcessConfig config) {
    this.dispatcher = dispatcher;
    this.remote = remote;
    this.backoff = backoff;
    this.metrics = metrics;
    this.timeout = config.timeout();
  }

  /**
   * Sends one command until it is dealt with, however long that takes.
   *
   * @return null, or why this command can never be dealt with: a defect
   */
  @Nullable String send(String process, RecordedEvent cause, Reaction reaction) {
    CommandRequest request = request(process, cause, reaction);
    for (int failures = 1; ; failures++) {
      CommandOutcome outcome;
      try {
        if (remote.serve(reaction.context())) {
          RemoteCommands.Answer answer = remote.send(request);
          count(process, answer.name());
          return answer.fault() == null ? null : described(reaction) + " " + answer.fault();
        }
        outcome =
            Uni.createFrom().completionStage(dispatcher.dispatch(request)).await().atMost(timeout);
      } catch (DefectException e) {
        count(process, "defect");
        return described(reaction) + " met a " + e.getMessage();
      } catch (Backoff.StoppingException e) {
        throw e;
      } catch (RuntimeException e) {
        // Whatever else it is, it is no answer. To wait keeps the order, to go on would not.
        count(process, "retried");
        backoff.pause(failures, described(reaction), e);
        continue;
      }
      if (outcome instanceof CommandOutcome.Contended contended) {
        count(process, "retried");
        backoff.pause(failures, described(reaction), new IllegalStateException("" + contended));
        continue;
      }
      return judge(process, cause, reaction, outcome);
    }
  }

  private @Nullable String judge(
      String process, RecordedEvent cause, Reaction reaction, CommandOutcome outcome) {
    String fault =
        switch (outcome) {
          case CommandOutcome.Accepted _ -> null;
          case CommandOutcome.Rejected rejected -> {
            Log.infof(
                "%s, in reaction to %s, is rejected: %s",
                described(reaction), cause.id(), rejected.code());
            yield null;
          }
          // Sent before a crash, when the topics came in another order and the body was another.
          // A process ends the same way for every order, so the command is as good as this one.
          case CommandOutcome.KeyReused reused when reused.sameStream() -> {
            Log.infof("%s, in reaction to %s, was sent before", described(reaction), cause.id());
            yield null;
          }
          case CommandOutcome.KeyReused reused ->
              RemoteCommands.foreignKey(reused.idempotencyKey());
          case CommandOutcome.Invalid invalid ->
              "is invalid: "
                  + invalid.errors().stream()
                      .map(Object::toString)
                      .collect(Collectors.joining(", "));
          case CommandOutcome.Unknown unknown -> "has no receiver here: " + unknown.detail();
          case CommandOutcome.Elsewhere elsewhere -> "was answered with " + elsewhere;
          case CommandOutcome.TooLarge large ->
              "leads to an event of %d bytes, over the limit of %d"
                  .formatted(large.bytes(), large.limit());
          case CommandOutcome.Stale stale -> "was answered with " + stale;
          case CommandOutcome.Contended contended -> "was answered with " + contended;
        };
    count(process, name(outcome));
    return fault == null ? null : described(reaction) + " " + fault;
  }

  private static String name(CommandOutcome outcome) {
    return switch (outcome) {
      case CommandOutcome.Accepted accepted -> accepted.replayed() ? "replayed" : "accepted";
      case CommandOutcome.Rejected _ -> "rejected";
      case CommandOutcome.KeyReused _ -> "key-reused";
      case CommandOutcome.Invalid _ -> "invalid";
      case CommandOutcome.Unknown _ -> "unknown";
      case CommandOutcome.Elsewhere _ -> "elsewhere";
      case CommandOutcome.TooLarge _ -> "too-large";
      case CommandOutcome.Stale _ -> "stale";
      case CommandOutcome.Contended _ -> "contended";
    };
  }

  private void count(String process, String outcome) {
    metrics
        .counter("headrace.process.commands", "process", process, "outcome", outcome)
        .increment();
  }

  private static String described(Reaction reaction) {
    return "%s of %s/%s/%s"
        .formatted(reaction.command(), reaction.context(), reaction.collection(), reaction.id());
  }

  private static CommandRequest request(String process, RecordedEvent cause, Reaction reaction) {
    // Sorted: the order of an immutable map differs from one JVM to the next, and the repeated
    // command must be the same to the byte.
    JsonNode body = EventJson.mapper().valueToTree(new TreeMap<>(reaction.body()));
    EventMetadata metadata = cause.metadata();
    return new CommandRequest(
        reaction.context(),
        reaction.collection(),
        reaction.id(),
        reaction.command(),
        body,
        0, // one for each process and partition at most
        idempotencyKey(process, cause.id(), reaction.step()),
        null,
        new EventMetadata(
            metadata.correlationId() == null ? cause.id() : metadata.correlationId(),
            cause.id(),
            metadata.tenant(),
            metadata.traceparent()));
  }

  static String idempotencyKey(String process, String eventId, String step) {
    String key = "pm:%s:%s:%s".formatted(process, eventId, step);
    return key.length() <= MAX_KEY ? key : "pm:" + process + ":" + digest(key);
  }

  private static String digest(String text) {
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
