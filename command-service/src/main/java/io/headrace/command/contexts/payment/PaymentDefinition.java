package io.headrace.command.contexts.payment;

import io.headrace.command.platform.spi.AggregateDefinition;
import io.headrace.command.platform.spi.Decider;
import io.headrace.events.contexts.payment.PaymentEvent;
import io.headrace.events.platform.ContextEvents;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

@ApplicationScoped
public class PaymentDefinition
    implements AggregateDefinition<PaymentCommand, Payment, PaymentEvent, PaymentRejection> {

  @Override
  public String aggregate() {
    return "payment";
  }

  @Override
  public String collection() {
    return "payments";
  }

  @Override
  public ContextEvents<PaymentEvent> events() {
    return PaymentEvent.EVENTS;
  }

  @Override
  public Class<PaymentCommand> commandRoot() {
    return PaymentCommand.class;
  }

  @Override
  public List<Class<? extends PaymentCommand>> commandTypes() {
    return List.of(
        PaymentCommand.AuthorizePayment.class,
        PaymentCommand.DeclinePayment.class,
        PaymentCommand.CapturePayment.class,
        PaymentCommand.RefundPayment.class);
  }

  @Override
  public Class<Payment> stateType() {
    return Payment.class;
  }

  @Override
  public Decider<PaymentCommand, Payment, PaymentEvent, PaymentRejection> decider() {
    return new PaymentDecider();
  }
}
