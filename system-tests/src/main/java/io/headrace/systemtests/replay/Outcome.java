package io.headrace.systemtests.replay;

/** How a step ended. */
public sealed interface Outcome {

  /** One line of a table. */
  String label();

  /** Something was recorded. */
  record Accepted() implements Outcome {
    @Override
    public String label() {
      return "accepted";
    }
  }

  /** Accepted, but there was nothing left to do. */
  record Unchanged() implements Outcome {
    @Override
    public String label() {
      return "accepted, changes nothing";
    }
  }

  /** A rule of the business refused it. */
  record Rejected(String context, String reason) implements Outcome {
    @Override
    public String label() {
      return "422 " + context + ": " + reason;
    }
  }

  /** It is not a command at all. */
  record Invalid(String field) implements Outcome {
    @Override
    public String label() {
      return "400 invalid: " + field;
    }
  }

  /** It was left out because its order was not placed. */
  record NotSent() implements Outcome {
    @Override
    public String label() {
      return "not sent: the order was refused";
    }
  }

  /** Anything else: never expected. */
  record Failed(String what) implements Outcome {
    @Override
    public String label() {
      return "failed: " + what;
    }
  }

  Outcome ACCEPTED = new Accepted();
  Outcome UNCHANGED = new Unchanged();
  Outcome NOT_SENT = new NotSent();
}
