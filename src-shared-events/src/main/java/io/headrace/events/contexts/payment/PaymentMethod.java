package io.headrace.events.contexts.payment;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;

@RegisterForReflection
public enum PaymentMethod {
  @JsonProperty("credit_card")
  CREDIT_CARD,
  @JsonProperty("debit_card")
  DEBIT_CARD,
  @JsonProperty("boleto")
  BOLETO,
  @JsonProperty("voucher")
  VOUCHER
}
