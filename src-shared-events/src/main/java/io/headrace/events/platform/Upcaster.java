package io.headrace.events.platform;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Lifts the JSON of an event from one version to the next. Pure; may change and return its input.
 */
@FunctionalInterface
public interface Upcaster {

  ObjectNode upcast(ObjectNode older);
}
