package io.headrace.command.platform.dispatch;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * Carries out commands. Safe for use by many threads; never blocks the caller.
 *
 * <p>When it answers {@link CommandOutcome.Accepted}, the events are durable in the log. Commands
 * that one caller sends one after another, each after the answer to the one before, are decided in
 * that order.
 */
@ApplicationScoped
public class CommandDispatcher {

  /**
   * @return the outcome; it fails with {@link CommandUnavailableException} when the infrastructure
   *     is the reason that the command was not dealt with, with {@link DefectException} when a
   *     defect is, and never for a reason of the business
   */
  public Uni<CommandOutcome> dispatch(CommandRequest request) {
    return Uni.createFrom()
        .item(new CommandOutcome.Unknown(request.context(), java.util.List.of()));
  }
}
