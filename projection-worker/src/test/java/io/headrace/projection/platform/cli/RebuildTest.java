package io.headrace.projection.platform.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RebuildTest {

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final Locale before = Locale.getDefault();

  @BeforeEach
  void english() {
    Locale.setDefault(Locale.ROOT);
  }

  @AfterEach
  void asItWas() {
    Locale.setDefault(before);
  }

  @Test
  void the_bar_says_how_much_is_done_how_fast_and_how_long_it_will_take() throws Exception {
    assertThat(
            line(
                """
                {"generation": 3, "phase": "log", "eventsDone": 50000, "eventsTotal": 200000,
                 "eventsRate": 1234.5, "secondsLeft": 125}"""))
        .isEqualTo(
            "orders g3 [##########                              ]  25% 50,000/200,000 events, 1,235/s, 2:05 left");
  }

  @Test
  void the_bar_is_full_when_the_log_is_read_and_names_what_goes_on() throws Exception {
    assertThat(line("{\"generation\": 3, \"phase\": \"topic\", \"eventsDone\": 7}"))
        .endsWith("100% 7/7 events, catching up with Kafka");
    assertThat(
            line(
                "{\"generation\": 3, \"phase\": \"log\", \"paused\": true, \"eventsTotal\": 7, \"eventsRate\": 9}"))
        .endsWith("  0% 0/7 events, paused");
    assertThat(line("{\"phase\": \"log\", \"failure\": \"no answer\"}")).endsWith(", no answer");
  }

  @Test
  void a_worker_that_does_not_answer_is_said_and_is_no_success() throws Exception {
    assertThat(rebuild("http://127.0.0.1:1").run(null)).isEqualTo(2);
    assertThat(printed.toString(StandardCharsets.UTF_8)).contains("does not answer");
  }

  @Test
  void an_answer_that_is_no_json_is_not_taken_for_none() throws Exception {
    HttpServer proxy =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    proxy.createContext(
        "/",
        exchange -> {
          byte[] page = "<html>".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(502, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    proxy.start();
    try {
      String url = "http://127.0.0.1:" + proxy.getAddress().getPort();
      assertThat(rebuild(url).run(null)).isEqualTo(2);
      assertThat(printed.toString(StandardCharsets.UTF_8))
          .contains("status 502", "not JSON")
          .doesNotContain("does not answer");
    } finally {
      proxy.stop(0);
    }
  }

  @Test
  void a_rate_that_is_no_number_is_said() throws Exception {
    PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
    String[] arguments = {"http://127.0.0.1:1", "orders", "abc"};
    assertThat(Rebuild.run(arguments, out, false)).isEqualTo(2);
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .contains("RATE must be a whole number", "'abc'");
  }

  private String line(String state) throws Exception {
    return rebuild("http://localhost").line(new ObjectMapper().readTree(state));
  }

  private Rebuild rebuild(String worker) {
    return new Rebuild(
        URI.create(worker),
        "orders",
        new PrintStream(printed, true, StandardCharsets.UTF_8),
        false);
  }
}
