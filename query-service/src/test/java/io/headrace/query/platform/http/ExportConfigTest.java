package io.headrace.query.platform.http;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.query.platform.read.ReadConfig;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExportConfigTest {

  private static void check(Map<String, String> values) {
    SmallRyeConfig config =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(ExportConfig.class)
            .withMapping(ReadConfig.class)
            .withDefaultValues(values)
            .build();
    ExportRoute.requireSilenceToBeLonger(
        config.getConfigMapping(ExportConfig.class), config.getConfigMapping(ReadConfig.class));
  }

  @Test
  void the_defaults_do_not_contradict_each_other() {
    assertThatCode(() -> check(Map.of())).doesNotThrowAnyException();
  }

  @Test
  void a_fetch_that_may_take_longer_than_its_connection_may_be_silent_is_refused() {
    assertThatThrownBy(() -> check(Map.of("headrace.query.export.fetch-timeout", "PT15S")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("headrace.query.export.fetch-timeout is PT15S")
        .hasMessageContaining("headrace.query.read.connection-silence, which is PT15S");
  }
}
