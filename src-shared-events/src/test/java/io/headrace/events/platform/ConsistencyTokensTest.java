package io.headrace.events.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Base64;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class ConsistencyTokensTest {

  private static final ConsistencyToken TOKEN = new ConsistencyToken("ordering", "order-4711", 3);
  private final ConsistencyTokens tokens = new ConsistencyTokens(List.of("secret"));

  @Property(tries = 200)
  void what_is_encoded_is_decoded(
      @ForAll @StringLength(max = 60) String context,
      @ForAll @StringLength(max = 300) String stream,
      @ForAll @LongRange(min = 1) long version) {
    // Half of a surrogate pair is no text, and has no form in UTF-8.
    var token = new ConsistencyToken(whole(context), whole(stream), version);
    assertThat(tokens.decode(tokens.encode(token))).contains(token);
  }

  private static String whole(String text) {
    return text.replaceAll("\\p{Cs}", "");
  }

  @Test
  void a_token_is_safe_in_a_header_and_in_a_url() {
    assertThat(tokens.encode(TOKEN)).matches("[A-Za-z0-9_-]+");
  }

  @Property(tries = 300)
  void a_token_with_any_bit_changed_is_none(@ForAll @IntRange(max = 44 * 8 - 1) int bit) {
    byte[] bytes = Base64.getUrlDecoder().decode(tokens.encode(TOKEN));
    assertThat(bytes).hasSize(44);
    bytes[bit / 8] ^= (byte) (1 << bit % 8);
    assertThat(tokens.decode(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes)))
        .isEmpty();
  }

  @Property(tries = 300)
  void any_other_text_is_no_token(@ForAll String text) {
    assertThat(tokens.decode(text)).isEmpty();
  }

  @Test
  void a_token_has_one_spelling() {
    // 44 bytes leave two bits of the last character unused.
    String text = tokens.encode(TOKEN);
    char last = text.charAt(text.length() - 1);
    String other = text.substring(0, text.length() - 1) + (char) (last + 1);
    assertThat(Base64.getUrlDecoder().decode(other)).isEqualTo(Base64.getUrlDecoder().decode(text));
    assertThat(tokens.decode(other)).isEmpty();
    assertThat(tokens.decode(text + "=")).isEmpty();
    assertThat(tokens.decode("A".repeat(100_000))).isEmpty();
  }

  @Test
  void a_token_of_another_key_is_none_until_the_key_is_known() {
    String made = tokens.encode(TOKEN);
    assertThat(new ConsistencyTokens(List.of("other")).decode(made)).isEmpty();
    assertThat(new ConsistencyTokens(List.of("other", "secret")).decode(made)).contains(TOKEN);
    assertThat(new ConsistencyTokens(List.of("other", "secret")).encode(TOKEN)).isNotEqualTo(made);
  }

  @Test
  void there_is_no_token_without_a_key_nor_of_a_stream_without_events() {
    assertThatThrownBy(() -> new ConsistencyTokens(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ConsistencyTokens(List.of("a", " ")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new ConsistencyToken("ordering", "order-1", 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
