package io.headrace.events.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class IndexableTextTest {

  @Property(tries = 300)
  void a_text_stands_for_itself_or_is_stood_for_by_one_that_no_other_text_is(
      @ForAll @StringLength(max = 600) String text) {
    String indexed = IndexableText.of(text);
    assertThat(indexed).isEqualTo(IndexableText.of(text)).doesNotContain("\0");
    assertThat(indexed.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(900);
    if (IndexableText.isIndexable(text)) {
      assertThat(indexed).isEqualTo(text);
    } else {
      assertThat(IndexableText.isIndexable(indexed)).isFalse();
      assertThat(IndexableText.of(indexed)).isNotEqualTo(indexed);
      assertThat(IndexableText.of(text + "x")).isNotEqualTo(indexed);
    }
  }

  @Test
  void a_text_that_is_not_indexable_is_told_by_its_beginning() {
    String longText = "order-".repeat(500);
    assertThat(IndexableText.of(longText))
        .startsWith(longText.substring(0, IndexableText.MAX_LENGTH) + "\uFFFD")
        .hasSize(IndexableText.MAX_LENGTH + 1 + 64);
    assertThat(IndexableText.of("o\0")).startsWith("o\uFFFD\uFFFD").hasSize(3 + 64);
    assertThat(IndexableText.of("o\uFFFD")).startsWith("o\uFFFD\uFFFD").hasSize(3 + 64);
    assertThat(IndexableText.of("o\0")).isNotEqualTo(IndexableText.of("o\uFFFD"));
    // A character of two halves is not cut in the middle.
    String halves = "x" + "\uD83D\uDE00".repeat(200);
    assertThat(IndexableText.of(halves)).startsWith(halves.substring(0, 255) + "\uFFFD");
  }
}
