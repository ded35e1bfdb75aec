package io.headrace.command.platform.dispatch;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.command.platform.binding.FieldError;
import java.util.List;

/** How a command ended, when it was dealt with at all. */
public sealed interface CommandOutcome {

  /** An outcome that the decider brought about, and that an idempotency key remembers. */
  sealed interface Decided extends CommandOutcome {

    String streamId();

    long streamVersion();

    /** Whether this is the answer of an earlier request with the same idempotency key. */
    boolean replayed();

    Decided asReplay();
  }

  /**
   * The command is carried out; its events are stored.
   *
   * @param streamVersion after the command
   * @param eventTypes the wire names of its events; none if there was nothing to change
   * @param created whether they are the first of the stream
   */
  record Accepted(
      String streamId,
      long streamVersion,
      List<String> eventTypes,
      boolean created,
      boolean replayed)
      implements Decided {

    public Accepted {
      eventTypes = List.copyOf(eventTypes);
    }

    @Override
    public Accepted asReplay() {
      return new Accepted(streamId, streamVersion, eventTypes, created, true);
    }
  }

  /**
   * A rule of the business forbids it, given the stream at {@code streamVersion}. Final: the same
   * command is refused again until the stream changes.
   *
   * @param code the rejection in kebab case, for example {@code order-not-open}
   * @param message a sentence for the sender
   * @param members the components of the rejection
   */
  record Rejected(
      String streamId,
      long streamVersion,
      String context,
      String code,
      String message,
      ObjectNode members,
      boolean replayed)
      implements Decided {

    @Override
    public Rejected asReplay() {
      return new Rejected(streamId, streamVersion, context, code, message, members, true);
    }
  }

  /** The request is malformed; nothing was decided. Final. */
  record Invalid(List<FieldError> errors) implements CommandOutcome {

    public Invalid {
      errors = List.copyOf(errors);
    }
  }

  /**
   * No such context, collection or command.
   *
   * @param detail says what exists
   * @param known the names of what exists
   */
  record Unknown(String detail, List<String> known) implements CommandOutcome {

    public Unknown {
      known = List.copyOf(known);
    }
  }

  /**
   * The context is one of this build that another deployment serves.
   *
   * @param served the contexts that this one does
   */
  record Elsewhere(String context, List<String> served) implements CommandOutcome {

    public Elsewhere {
      served = List.copyOf(served);
    }
  }

  /** The precondition does not hold: the stream is at {@code currentVersion} (0: no events). */
  record Stale(String streamId, long currentVersion) implements CommandOutcome {}

  /**
   * The idempotency key was used for another command. Final.
   *
   * @param sameStream whether that one was for the same stream
   */
  record KeyReused(String idempotencyKey, boolean sameStream) implements CommandOutcome {}

  /** Other commands on the stream were faster each time; nothing was done, try again later. */
  record Contended(String streamId, int attempts) implements CommandOutcome {}

  /** An event of the command is larger than what Kafka takes. Final. */
  record TooLarge(String eventType, int bytes, int limit) implements CommandOutcome {}
}
