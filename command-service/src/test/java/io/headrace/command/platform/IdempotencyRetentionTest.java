package io.headrace.command.platform;

import static io.headrace.command.platform.Api.newId;
import static io.headrace.command.platform.Api.open;
import static io.headrace.command.platform.Api.request;
import static io.headrace.command.platform.Api.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.localstack.testing.LocalStackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The service forgets by itself what it need not remember any more, and nothing else. */
@QuarkusTest
@QuarkusTestResource(LocalStackResource.class)
@TestProfile(IdempotencyRetentionTest.OneHour.class)
class IdempotencyRetentionTest {

  public static class OneHour implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "headrace.idempotency.retention", "1H",
          "headrace.idempotency.sweep-every", "1S",
          "headrace.process.enabled", "false");
    }
  }

  @Test
  void after_its_retention_an_answer_is_forgotten_and_not_before() {
    String id = newId();
    open(id);
    String young = newId();
    String old = newId();
    assertThat(increase(young, id).getHeader("ETag")).isEqualTo("\"2\"");
    assertThat(increase(old, id).getHeader("ETag")).isEqualTo("\"3\"");
    // Both in one statement: no sweep sees the one aged and the other not.
    Log.execute(
        """
        UPDATE idempotency SET recorded_at = now() -
          CASE key WHEN '%s' THEN interval '59 minutes' ELSE interval '61 minutes' END
        WHERE key IN ('%1$s', '%s')
        """
            .formatted(young, old));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> Log.number("SELECT count(*) FROM idempotency WHERE key = '" + old + "'") == 0);

    Response again = increase(young, id);
    assertThat(again.getHeader("Idempotency-Replayed")).isEqualTo("true");
    assertThat(again.getHeader("ETag")).isEqualTo("\"2\"");
    Response anew = increase(old, id);
    assertThat(anew.getHeader("Idempotency-Replayed")).isNull();
    assertThat(anew.getHeader("ETag")).isEqualTo("\"4\"");
  }

  private static Response increase(String key, String id) {
    Response answer =
        send(request().header("Idempotency-Key", key), id, "increase-counter", "{\"by\":1}");
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer;
  }
}
