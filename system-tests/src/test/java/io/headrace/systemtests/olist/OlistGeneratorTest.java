package io.headrace.systemtests.olist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.systemtests.replay.Expected;
import io.headrace.systemtests.replay.Model;
import io.headrace.systemtests.replay.Outcome;
import io.headrace.systemtests.replay.Timeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OlistGeneratorTest {

  @TempDir Path temp;

  @Test
  void the_same_number_and_seed_give_the_same_bytes() throws IOException {
    assertThat(generated("a", 200, 7)).isEqualTo(generated("b", 200, 7));
  }

  @Test
  void another_seed_gives_other_orders() throws IOException {
    assertThat(generated("a", 200, 7).get("olist_orders_dataset.csv"))
        .isNotEqualTo(generated("b", 200, 8).get("olist_orders_dataset.csv"));
  }

  @Test
  void what_was_generated_before_is_replaced() throws IOException {
    generated("a", 200, 7);

    assertThat(generated("a", 100, 8)).isEqualTo(generated("b", 100, 8));
  }

  @Test
  void someone_elses_files_are_left_alone() throws IOException {
    Path mine = Files.writeString(temp.resolve("mine.txt"), "mine");

    assertThatThrownBy(() -> OlistGenerator.generate(temp, 1, 1, _ -> {}))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("files that were not generated");
    assertThatThrownBy(() -> OlistGenerator.generate(mine, 1, 1, _ -> {}))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("is a file");
    assertThat(temp).isDirectoryContaining(mine::equals);
    assertThat(Files.readString(mine)).isEqualTo("mine");
  }

  @Test
  void a_small_folder_has_every_oddity() throws IOException {
    generated("a", 100, 1);
    Expected expected = Model.of(Timeline.of(OlistReader.read(temp.resolve("a"))));

    Set<String> outcomes =
        expected.steps().stream().map(step -> step.outcome().label()).collect(Collectors.toSet());
    assertThat(outcomes)
        .containsExactlyInAnyOrder(
            Outcome.ACCEPTED.label(),
            Outcome.UNCHANGED.label(),
            Outcome.NOT_SENT.label(),
            "400 invalid: installments",
            "400 invalid: method",
            "422 ordering: order-has-no-lines",
            "422 ordering: order-not-open",
            "422 payment: payment-amount-not-positive",
            "422 review: review-already-posted",
            "422 shipping: shipment-not-dispatched",
            "422 shipping: shipment-not-requested");
    assertThat(expected.orders().values())
        .extracting(row -> row.status())
        .contains("placed", "confirmed", "shipped", "delivered", "cancelled", "rejected");
    assertThat(expected.orders().values()).anyMatch(row -> row.reviews() > 2);
    assertThat(expected.orders().values()).anyMatch(row -> row.sellers().size() > 1);
    assertThat(expected.orders().values()).anyMatch(row -> row.late());
    assertThat(expected.orders().values()).anyMatch(row -> row.paid().compareTo(row.total()) > 0);
    assertThat(Files.readString(temp.resolve("a/olist_order_reviews_dataset.csv")))
        .contains("\r\n")
        .contains("\"\"");
  }

  private Map<String, String> generated(String name, int orders, long seed) throws IOException {
    Path folder = temp.resolve(name);
    OlistGenerator.generate(folder, orders, seed, _ -> {});
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> paths = Files.list(folder)) {
      for (Path path : paths.toList()) {
        files.put(path.getFileName().toString(), Files.readString(path));
      }
    }
    assertThat(files).hasSize(7);
    return files;
  }
}
