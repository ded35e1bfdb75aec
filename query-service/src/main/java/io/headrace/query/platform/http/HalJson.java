package io.headrace.query.platform.http;

import jakarta.ws.rs.NotAcceptableException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;

/** Whether a client prefers HAL (draft-kelly-json-hal) to plain JSON. */
final class HalJson {

  static final String MEDIA_TYPE = "application/hal+json";
  static final MediaType TYPE = MediaType.valueOf(MEDIA_TYPE);

  private HalJson() {}

  /**
   * Plain JSON unless HAL is named, before JSON or with a higher weight.
   *
   * @throws NotAcceptableException if the client wants neither
   */
  static boolean isPreferred(HttpHeaders headers) {
    for (var accepted : headers.getAcceptableMediaTypes()) {
      if (accepted.isCompatible(MediaType.APPLICATION_JSON_TYPE)) {
        return false;
      }
      if (accepted.isCompatible(TYPE)) {
        return true;
      }
    }
    // Of the resources of a path, one is chosen even if it has nothing of what is accepted.
    throw new NotAcceptableException();
  }
}
