package io.headrace.command.platform.dispatch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.headrace.command.platform.binding.CommandBinding;
import io.headrace.command.platform.binding.CommandBinding.Bound;
import io.headrace.command.platform.binding.FieldError;
import io.headrace.command.platform.binding.Shape;
import io.headrace.command.platform.dispatch.CommandOutcome.Accepted;
import io.headrace.command.platform.dispatch.CommandOutcome.Contended;
import io.headrace.command.platform.dispatch.CommandOutcome.Elsewhere;
import io.headrace.command.platform.dispatch.CommandOutcome.Invalid;
import io.headrace.command.platform.dispatch.CommandOutcome.KeyReused;
import io.headrace.command.platform.dispatch.CommandOutcome.Rejected;
import io.headrace.command.platform.dispatch.CommandOutcome.Stale;
import io.headrace.command.platform.dispatch.CommandOutcome.TooLarge;
import io.headrace.command.platform.dispatch.CommandOutcome.Unknown;
import io.headrace.command.platform.spi.Identifier;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.EventMetadata;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.regex.Pattern;

/**
 * Carries out commands. Safe for use by many threads; never blocks the caller, and answers on the
 * caller's Vert.x context where it has one.
 *
 * <p>When it answers {@link CommandOutcome.Accepted}, the events are durable in the log. Commands
 * that one caller sends one after another, each after the answer to the one before, are decided in
 * that order.
 */
@ApplicationScoped
@Startup // an aggregate that is declared wrongly is found now, not by the first client
public class CommandDispatcher {

  private static final ObjectWriter METADATA = EventJson.mapper().writerFor(EventMetadata.class);
  private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,255}");
  private static final byte[] NO_FINGERPRINT = {};

  private final Aggregates aggregates;
  private final CommandBinding binding;
  private final CommandLane lane;
  private final LaneMetrics metrics;
  private final CommandConfig config;
  private final Clock clock;

  CommandDispatcher(
      Aggregates aggregates,
      CommandBinding binding,
      CommandLane lane,
      LaneMetrics metrics,
      CommandConfig config,
      Clock clock) {
    this.aggregates = aggregates;
    this.binding = binding;
    this.lane = lane;
    this.metrics = metrics;
    this.config = config;
    this.clock = clock;
  }

  /**
   * @return the outcome; it fails with {@link CommandUnavailableException} when the infrastructure
   *     is the reason that the command was not dealt with, with {@link DefectException} when a
   *     defect is, and never for a reason of the business
   */
  public CompletionStage<CommandOutcome> dispatch(CommandRequest request) {
    try {
      return dispatch(
          request, aggregates.find(request.context(), request.collection(), request.command()));
    } catch (RuntimeException | StackOverflowError e) {
      return CompletableFuture.failedStage(e); // a defect of the code that binds or validates
    }
  }

  private CompletionStage<CommandOutcome> dispatch(CommandRequest request, Aggregates.Found found) {
    return switch (found) {
      case Aggregates.Found.Nothing(String detail, List<String> known) ->
          done(new Unknown(detail, known));
      case Aggregates.Found.Elsewhere(String context, List<String> served) ->
          done(new Elsewhere(context, served));
      case Aggregates.Found.Collection _ ->
          throw new IllegalStateException("a command was looked up, a collection was found");
      case Aggregates.Found.Command(Aggregate aggregate, Shape.RecordOf shape) ->
          dispatch(request, aggregate, shape);
    };
  }

  private CompletionStage<CommandOutcome> dispatch(
      CommandRequest request, Aggregate aggregate, Shape.RecordOf shape) {
    if (!Identifier.OfText.isIdentifier(request.id())) {
      return invalid("id", Identifier.RULE);
    }
    String key = request.idempotencyKey();
    if (key != null && !KEY.matcher(key).matches()) {
      return invalid("Idempotency-Key", "must be 1 to 255 visible ASCII characters");
    }
    return switch (binding.bind(
        shape, request.body(), request.id(), clock.instant(), config.clockTolerance())) {
      case Bound.Refused(List<FieldError> errors) -> done(new Invalid(errors));
      case Bound.Command(Object command) -> submit(request, aggregate, command);
    };
  }

  private static CompletionStage<CommandOutcome> invalid(String field, String message) {
    return done(new Invalid(List.of(new FieldError(field, message))));
  }

  private static CompletionStage<CommandOutcome> done(CommandOutcome outcome) {
    return CompletableFuture.completedStage(outcome);
  }

  private CompletionStage<CommandOutcome> submit(
      CommandRequest request, Aggregate aggregate, Object command) {
    byte[] fingerprint = request.idempotencyKey() == null ? NO_FINGERPRINT : fingerprint(request);
    String metadata = metadata(request.metadata());
    // The request's tree can go as soon as it is bound.
    String context = request.context();
    String name = request.command();
    var reply = new CompletableFuture<CommandOutcome>();
    long start = System.nanoTime();
    CompletionStage<CommandOutcome> measured =
        reply.whenCompleteAsync(
            (outcome, failure) ->
                metrics.command(
                    context,
                    name,
                    failure == null ? label(outcome) : label(failure),
                    Duration.ofNanos(System.nanoTime() - start)),
            backToCaller());
    lane.submit(
        new Pending(
            aggregate,
            aggregate.streamId(request.id()),
            command,
            request.precondition(),
            request.idempotencyKey(),
            fingerprint,
            metadata,
            request.bytes(),
            reply));
    return measured;
  }

  private static Executor backToCaller() {
    Context caller = Vertx.currentContext();
    return caller == null
        ? Infrastructure.getDefaultExecutor()
        : task -> caller.runOnContext(x -> task.run());
  }

  private static String metadata(EventMetadata metadata) {
    try {
      return METADATA.writeValueAsString(metadata);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of what the request asks for; not of its precondition, trace or time. */
  private byte[] fingerprint(CommandRequest request) {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    // None of the four can contain a line feed.
    String route =
        String.join(
            "\n", request.context(), request.collection(), request.id(), request.command(), "");
    digest.update(route.getBytes(StandardCharsets.UTF_8));
    JsonNode body = request.body();
    return digest.digest(binding.canonical(body));
  }

  private static String label(Throwable failure) {
    return failure instanceof CommandUnavailableException ? "unavailable" : "defect";
  }

  private static String label(CommandOutcome outcome) {
    return switch (outcome) {
      case Accepted accepted -> accepted.replayed() ? "replayed" : "accepted";
      case Rejected rejected -> rejected.replayed() ? "replayed" : "rejected";
      case Invalid _ -> "invalid";
      case Unknown _ -> "unknown";
      case Elsewhere _ -> "elsewhere";
      case Stale _ -> "stale";
      case KeyReused _ -> "key-reused";
      case Contended _ -> "contended";
      case TooLarge _ -> "too-large";
    };
  }
}
