package io.headrace.command.platform.spi;

/**
 * One command of a process manager.
 *
 * @param step unique among the reactions to one event, stable: part of the idempotency key
 * @param aggregate the target's aggregate, for example {@code order}
 * @param id the target's id
 * @param command a command of that aggregate. A business rejection of it is logged and is final; a
 *     fault of the infrastructure is tried again until it is carried out.
 */
public record Reaction(String step, String aggregate, String id, Object command) {}
