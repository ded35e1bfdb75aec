package io.headrace.command.platform.dispatch;

import java.util.regex.Pattern;

/** The names that clients see, from the names in the code. */
public final class Names {

  private static final Pattern HUMP = Pattern.compile("(?<=[a-z0-9])(?=[A-Z])");

  private Names() {}

  /** {@code PlaceOrder} becomes {@code place-order}. */
  public static String kebab(Class<?> type) {
    return HUMP.matcher(type.getSimpleName()).replaceAll("-").toLowerCase(java.util.Locale.ROOT);
  }
}
