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
import java.util.regex.Pattern;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.jspecify.annotations.Nullable;

/**
 * Gives every successful answer an entity tag over its bytes, and answers 304 to whoever has them
 * (RFC 9110, section 13). The bytes decide, not a version: a list has none, and a new release may
 * represent an unchanged row differently.
 *
 * <p>The tag is weak, because the same answer goes out compressed to one client and plain to
 * another.
 */
class EntityTags {

  private static final int TAG_BYTES = 12;

  private static final Pattern TAG = Pattern.compile("(?:W/)?\"([^\"]*)\"");

  private final ObjectMapper json;

  EntityTags(ObjectMapper json) {
    this.json = json;
  }

  @ServerResponseFilter
  void tag(ContainerRequestContext request, ContainerResponseContext response)
      throws JsonProcessingException {
    if (response.getStatus() != Response.Status.OK.getStatusCode()
        || !response.hasEntity()
        || !isJson(response.getMediaType())) {
      return;
    }
    var bytes = json.writeValueAsBytes(response.getEntity());
    var tag = hash(bytes);
    response.getHeaders().putSingle(HttpHeaders.ETAG, new EntityTag(tag, true));
    if (has(request.getHeaderString(HttpHeaders.IF_NONE_MATCH), tag)) {
      response.setStatusInfo(Response.Status.NOT_MODIFIED);
      response.setEntity(null);
    } else {
      response.setEntity(bytes);
    }
  }

  private static boolean isJson(@Nullable MediaType type) {
    return MediaType.APPLICATION_JSON_TYPE.isCompatible(type) || HalJson.TYPE.isCompatible(type);
  }

  // Compared weakly, as RFC 9110 has it for If-None-Match.
  private static boolean has(@Nullable String ifNoneMatch, String tag) {
    return ifNoneMatch != null
        && (ifNoneMatch.strip().equals("*")
            || TAG.matcher(ifNoneMatch).results().anyMatch(it -> it.group(1).equals(tag)));
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
