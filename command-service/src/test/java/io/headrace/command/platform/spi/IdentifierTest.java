package io.headrace.command.platform.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class IdentifierTest {

  private static final Pattern DESCRIBED = Pattern.compile(Identifier.PATTERN);

  /** What is checked is what the API description says. */
  @Property
  void the_rule_is_the_pattern(@ForAll("texts") String text) {
    assertThat(new Identifier.OfText().isValid(text, null))
        .isEqualTo(DESCRIBED.matcher(text).matches());
  }

  /** Around the rule: its characters and their neighbours, its lengths and theirs. */
  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> inside =
        Arbitraries.strings().withChars("AZaz09_-").ofMinLength(0).ofMaxLength(130);
    Arbitrary<String> around =
        Arbitraries.strings().withChars("AZaz09_-@[`{/: .é\u0000\ud800\n").ofMaxLength(4);
    return Arbitraries.oneOf(inside, around);
  }
}
