package io.headrace.command.platform.spi;

import java.util.Map;

/**
 * One command of a process manager, named as a client would name it: the public command API is the
 * contract between contexts, whether the target runs in this service or in another deployment.
 *
 * @param step unique among the reactions to one event, stable: part of the idempotency key
 * @param context the target's context, for example {@code payment}
 * @param collection the target's collection, for example {@code payments}
 * @param id the target's id
 * @param command the command's name in kebab case, for example {@code capture-payment}
 * @param body the command's JSON body. A business rejection of it is logged and is final; a fault
 *     of the infrastructure is tried again until it is carried out.
 */
public record Reaction(
    String step,
    String context,
    String collection,
    String id,
    String command,
    Map<String, Object> body) {

  public Reaction {
    body = Map.copyOf(body);
  }
}
