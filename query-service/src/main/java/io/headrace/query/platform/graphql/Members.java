package io.headrace.query.platform.graphql;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;

/** The members of representations, as JSON has them. */
@ApplicationScoped
class Members {

  private static final TypeReference<Map<String, Object>> BY_NAME = new TypeReference<>() {};

  private final ObjectMapper json;

  Members(ObjectMapper json) {
    this.json = json;
  }

  /** A map of its own, to which may be added. */
  Map<String, Object> of(Object representation) {
    return json.convertValue(representation, BY_NAME);
  }
}
