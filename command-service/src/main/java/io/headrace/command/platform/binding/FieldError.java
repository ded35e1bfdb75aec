package io.headrace.command.platform.binding;

/**
 * What is wrong with one field of a command.
 *
 * @param field the path in the JSON body, for example {@code lines[0].quantity}; empty for the body
 *     as a whole
 * @param message a sentence without the field's name, for example {@code is missing}
 */
public record FieldError(String field, String message) {}
