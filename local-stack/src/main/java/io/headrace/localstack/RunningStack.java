package io.headrace.localstack;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A stack that another process runs.
 *
 * @param commandUrl of the command service, without a slash at the end, as the other three
 * @param pid of the process that started the stack
 * @param parts the numbers of the processes that run, by the name of the part: {@code postgres},
 *     {@code kafka}, {@code command}, {@code query}, {@code relay}, {@code worker}
 */
public record RunningStack(
    String commandUrl,
    String queryUrl,
    String relayUrl,
    String workerUrl,
    int postgresPort,
    String kafkaBootstrap,
    long pid,
    Map<String, Long> parts) {

  /** The stack that runs from this checkout, if one does. */
  public static Optional<RunningStack> find(Path root) {
    return StackState.read(root.resolve(".local"))
        .filter(state -> state.owner().find().isPresent())
        .map(RunningStack::of);
  }

  static RunningStack of(StackState state) {
    return new RunningStack(
        state.commandUrl(),
        state.queryUrl(),
        state.relayUrl(),
        state.workerUrl(),
        state.postgresPort(),
        state.kafkaBootstrap(),
        state.owner().pid(),
        state.parts().entrySet().stream()
            .filter(part -> part.getValue().find().isPresent())
            .collect(
                Collectors.toUnmodifiableMap(Map.Entry::getKey, part -> part.getValue().pid())));
  }
}
