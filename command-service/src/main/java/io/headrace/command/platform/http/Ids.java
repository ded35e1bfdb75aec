package io.headrace.command.platform.http;

/** What is said about an id that is none. */
final class Ids {

  static final String RULE =
      "must be 1 to 128 letters, digits, dashes and underscores, and begin with a letter or digit";

  private Ids() {}
}
