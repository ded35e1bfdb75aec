package io.headrace.command.platform.spi;

/**
 * Why the business refuses a command, named as a fact ({@code OrderNotOpen}). Implemented by one
 * sealed interface per context. Clients get it as a 422 problem whose {@code type} is {@code
 * urn:headrace:rejection:<context>:<name in kebab case>}; the record's components are members of
 * that problem.
 */
public interface Rejection {

  /** One sentence for the person who sent the command. */
  String message();
}
