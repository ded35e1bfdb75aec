package io.headrace.command.platform;

import static io.restassured.RestAssured.given;

import io.restassured.config.EncoderConfig;
import io.restassured.config.RestAssuredConfig;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.UUID;

/** The test context's API as a client calls it. */
final class Api {

  static final String OPEN = "{\"labels\":[]}";

  private Api() {}

  static String newId() {
    return UUID.randomUUID().toString();
  }

  static RequestSpecification request() {
    return given()
        .config(
            RestAssuredConfig.config()
                .encoderConfig(
                    EncoderConfig.encoderConfig()
                        .appendDefaultContentCharsetToContentTypeIfUndefined(false)))
        .contentType(ContentType.JSON);
  }

  static Response open(String id) {
    return send(id, "open-counter", OPEN);
  }

  static Response increase(String id, int by) {
    return send(id, "increase-counter", "{\"by\":" + by + "}");
  }

  static Response send(String id, String command, String body) {
    return send(request(), id, command, body);
  }

  static Response send(RequestSpecification request, String id, String command, String body) {
    return request.body(body).post("/counting/counters/{id}/{command}", id, command);
  }

  static Response state(String id) {
    return given().get("/counting/counters/{id}", id);
  }
}
