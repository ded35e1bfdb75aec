package io.headrace.events.platform;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;

/**
 * How Headrace writes JSON wherever it is kept or published: times as ISO 8601 UTC strings, dates
 * as {@code yyyy-MM-dd}, money as a decimal string with a currency, absent rather than null.
 * Readers ignore fields they do not know.
 */
public final class EventJson {

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
          .build();

  private EventJson() {}

  /** The shared mapper. Never reconfigured: derive readers and writers from it. */
  public static ObjectMapper mapper() {
    return MAPPER;
  }
}
