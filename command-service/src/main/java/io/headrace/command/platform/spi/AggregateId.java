package io.headrace.command.platform.spi;

import com.fasterxml.jackson.annotation.JacksonAnnotationsInside;
import com.fasterxml.jackson.annotation.JacksonInject;
import com.fasterxml.jackson.annotation.OptBoolean;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks the {@code String} component of a command that takes the id of the path. It is no field of
 * the request body. 1 to 128 characters of {@code [A-Za-z0-9_-]}, the first a letter or digit.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.PARAMETER, ElementType.RECORD_COMPONENT})
@JacksonAnnotationsInside
@JacksonInject(value = AggregateId.KEY, useInput = OptBoolean.FALSE)
public @interface AggregateId {

  String KEY = "headrace.aggregate-id";
}
