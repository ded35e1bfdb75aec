package io.headrace.query.contexts.ordering;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a row of orders knows of a payment. */
@RegisterForReflection
record OrderPayment(String state) {

  // Jackson keeps the names of members that it has seen, because they are few. Here they are ids:
  // no two rows have the same, and looking for them takes longer than reading them.
  private static final ObjectReader BY_ID =
      JsonMapper.builder(
              JsonFactory.builder().disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES).build())
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build()
          .readerFor(new TypeReference<TreeMap<String, OrderPayment>>() {});

  /** In the order of their ids; read once for each row. */
  static SortedMap<String, OrderPayment> of(OrderRow row) {
    var known = row.paymentsById;
    if (known == null) {
      try {
        known = BY_ID.<TreeMap<String, OrderPayment>>readValue(row.payments);
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("a row of orders has unreadable payments", e);
      }
      row.paymentsById = known;
    }
    return known;
  }
}
