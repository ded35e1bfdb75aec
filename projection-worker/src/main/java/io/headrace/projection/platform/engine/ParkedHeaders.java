package io.headrace.projection.platform.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import io.headrace.events.platform.EventJson;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * The headers of a parked record, as they are kept: a JSON object, by name the base64 of the last
 * value. A header without a value is left out, and NUL in a name, which jsonb cannot keep,
 * replaced.
 */
final class ParkedHeaders {

  private static final TypeReference<Map<String, String>> BY_NAME = new TypeReference<>() {};

  private ParkedHeaders() {}

  static String write(Headers headers) {
    Map<String, String> byName = new TreeMap<>();
    for (Header header : headers) {
      if (header.value() != null) {
        byName.put(
            header.key().replace('\0', '\uFFFD'),
            Base64.getEncoder().encodeToString(header.value()));
      }
    }
    try {
      return EventJson.mapper().writeValueAsString(byName);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write headers as JSON", e);
    }
  }

  static RecordHeaders read(String json) {
    RecordHeaders headers = new RecordHeaders();
    try {
      EventJson.mapper()
          .readValue(json, BY_NAME)
          .forEach((name, value) -> headers.add(name, Base64.getDecoder().decode(value)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("parked headers cannot be read", e);
    }
    return headers;
  }
}
