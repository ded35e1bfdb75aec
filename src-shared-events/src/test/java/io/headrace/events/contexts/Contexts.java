package io.headrace.events.contexts;

import io.headrace.events.contexts.ordering.OrderEvent;
import io.headrace.events.contexts.payment.PaymentEvent;
import io.headrace.events.contexts.review.ReviewEvent;
import io.headrace.events.contexts.shipping.ShipmentEvent;
import io.headrace.events.platform.ContextEvents;
import java.util.List;

/** Every context of the repository; a new one is added here and nowhere else in this module. */
public final class Contexts {

  public static final List<ContextEvents<?>> ALL =
      List.of(OrderEvent.EVENTS, PaymentEvent.EVENTS, ShipmentEvent.EVENTS, ReviewEvent.EVENTS);

  private Contexts() {}
}
