package io.headrace.query.platform.http;

import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/** Lets a {@link LiveStream} write to its connection by itself, for as long as it lasts. */
@Provider
@Produces(MediaType.SERVER_SENT_EVENTS)
class LiveStreamWriter implements ServerMessageBodyWriter<LiveStream<?>> {

  @Override
  public boolean isWriteable(
      Class<?> type, Type genericType, ResteasyReactiveResourceInfo target, MediaType mediaType) {
    return LiveStream.class.isAssignableFrom(type);
  }

  @Override
  public boolean isWriteable(
      Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
    return LiveStream.class.isAssignableFrom(type);
  }

  @Override
  public void writeResponse(LiveStream<?> stream, Type genericType, ServerRequestContext context) {
    var request = (ResteasyReactiveRequestContext) context;
    var routing = request.unwrap(RoutingContext.class);
    // The request is over when the stream is, and not when this method returns.
    request.suspend();
    routing.addEndHandler(_ -> request.resume());
    stream.attach(routing.request());
  }

  @Override
  public void writeTo(
      LiveStream<?> stream,
      Class<?> type,
      Type genericType,
      Annotation[] annotations,
      MediaType mediaType,
      MultivaluedMap<String, Object> httpHeaders,
      OutputStream entityStream) {
    throw new UnsupportedOperationException("a live query is never written as a whole");
  }
}
