package io.headrace.systemtests.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.localstack.Stack;
import io.headrace.systemtests.Replay;
import io.headrace.systemtests.olist.OlistData.Order;
import io.headrace.systemtests.olist.OlistGenerator;
import io.headrace.systemtests.olist.OlistReader;
import java.nio.file.Path;
import java.util.Comparator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command as people type it, by its exit status. */
@ExtendWith(WithStack.class)
class ReplayCommandTest {

  @TempDir Path folder;

  private int replay(Stack stack, String... more) {
    String[] args = {
      folder.toString(),
      "--command-url=" + stack.commandUrl(),
      "--query-url=" + stack.queryUrl(),
      "--concurrency=32"
    };
    String[] all = java.util.Arrays.copyOf(args, args.length + more.length);
    System.arraycopy(more, 0, all, args.length, more.length);
    return new CommandLine(new Replay()).execute(all);
  }

  @Test
  void a_replay_ends_with_0_and_the_same_ids_cannot_be_replayed_again(Stack stack) {
    OlistGenerator.generate(folder, 60, 3, _ -> {});

    assertThat(replay(stack, "--run-id=once")).isZero();
    assertThat(replay(stack, "--run-id=once")).isEqualTo(2);
    // Without a prefix, one is chosen: the stack has orders.
    assertThat(replay(stack)).isZero();
  }

  @Test
  void a_difference_ends_with_1(Stack stack) {
    OlistGenerator.generate(folder, 60, 4, _ -> {});
    Order last =
        OlistReader.read(folder).orders().stream()
            .filter(order -> !order.items().isEmpty())
            .max(Comparator.comparing(Order::purchasedAt))
            .orElseThrow();
    // Someone else reviews an order of the replay.
    assertThat(
            Http.post(
                    stack.commandUrl() + "/review/reviews/tampered/post-review",
                    "{\"orderId\": \"tampered-%s\", \"score\": 1}".formatted(last.orderId()))
                .status())
        .isEqualTo(201);

    assertThat(replay(stack, "--run-id=tampered", "--patience=5")).isEqualTo(1);
  }

  @Test
  void bad_options_and_bad_data_end_with_2(Stack stack) {
    assertThat(replay(stack)).isEqualTo(2);
    assertThat(replay(stack, "--run-id=x y")).isEqualTo(2);
    assertThat(new CommandLine(new Replay()).execute()).isEqualTo(2);
  }
}
