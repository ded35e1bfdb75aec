package io.headrace.command.platform.spi;

import com.fasterxml.jackson.annotation.JacksonAnnotationsInside;
import com.fasterxml.jackson.annotation.JacksonInject;
import com.fasterxml.jackson.annotation.OptBoolean;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks the {@code Instant} component of a command that says when it happened in the business. A
 * client may send it (an import, a carrier's report); where it is absent, the platform fills in the
 * time at which the command was received.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.PARAMETER, ElementType.RECORD_COMPONENT})
@JacksonAnnotationsInside
@JacksonInject(value = DefaultNow.KEY, useInput = OptBoolean.TRUE)
public @interface DefaultNow {

  String KEY = "headrace.now";
}
