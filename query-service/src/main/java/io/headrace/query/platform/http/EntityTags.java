package io.headrace.query.platform.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.ws.rs.container.ContainerRequestContext;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;

/**
 * Gives every successful answer an entity tag over its bytes, and answers 304 to whoever has them
 * (RFC 9110, section 13). The bytes decide, not a version: a list has none, and a new release may
 * represent an unchanged row differently.
 */
class EntityTags {

  private static final int TAG_BYTES = 12;

  private final ObjectMapper json;

  EntityTags(ObjectMapper json) {
    this.json = json;
  }

  @ServerResponseFilter
  void tag(ContainerRequestContext request, ContainerResponseContext response)
      throws JsonProcessingException {
    if (response.getStatus() != Response.Status.OK.getStatusCode()
        || !response.hasEntity()
        || !MediaType.APPLICATION_JSON_TYPE.isCompatible(response.getMediaType())) {
      return;
    }
    var bytes = json.writeValueAsBytes(response.getEntity());
    var tag = new EntityTag(hash(bytes));
    response.getHeaders().putSingle(HttpHeaders.ETAG, tag);
    var unchanged = request.getRequest().evaluatePreconditions(tag);
    if (unchanged == null) {
      response.setEntity(bytes);
    } else {
      response.setStatusInfo(unchanged.build().getStatusInfo());
      response.setEntity(null);
    }
  }

  private static String hash(byte[] bytes) {
    try {
      var digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return HexFormat.of().formatHex(digest, 0, TAG_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
