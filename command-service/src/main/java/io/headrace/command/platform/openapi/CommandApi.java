package io.headrace.command.platform.openapi;

import static org.eclipse.microprofile.openapi.OASFactory.createAPIResponse;
import static org.eclipse.microprofile.openapi.OASFactory.createContent;
import static org.eclipse.microprofile.openapi.OASFactory.createHeader;
import static org.eclipse.microprofile.openapi.OASFactory.createMediaType;
import static org.eclipse.microprofile.openapi.OASFactory.createParameter;
import static org.eclipse.microprofile.openapi.OASFactory.createSchema;

import io.headrace.command.platform.binding.Shape;
import io.headrace.command.platform.dispatch.Aggregate;
import io.headrace.command.platform.dispatch.Aggregates;
import io.headrace.command.platform.spi.Identifier;
import io.quarkus.arc.Arc;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.headers.Header;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;

/** Replaces the three generic endpoints by one operation for each command, state and history. */
@OpenApiFilter(stages = OpenApiFilter.RunStage.RUNTIME_STARTUP)
public class CommandApi implements OASFilter {

  private final Schemas schemas = new Schemas();

  @Override
  public void filterOpenAPI(OpenAPI api) {
    Aggregates aggregates = Arc.container().instance(Aggregates.class).get();
    var components =
        api.getComponents() == null ? OASFactory.createComponents() : api.getComponents();
    var paths = OASFactory.createPaths();
    for (Aggregate aggregate : aggregates.all()) {
      String root = "/" + aggregate.context() + "/" + aggregate.collection() + "/{id}";
      aggregate
          .commands()
          .forEach(
              (name, shape) ->
                  paths.addPathItem(
                      root + "/" + name,
                      OASFactory.createPathItem().POST(command(aggregate, name, shape))));
      paths.addPathItem(root, OASFactory.createPathItem().GET(state(aggregate)));
      paths.addPathItem(root + "/events", OASFactory.createPathItem().GET(history(aggregate)));
    }
    PlatformApi.addTo(paths);
    if (api.getPaths() != null) {
      Map<String, PathItem> others = api.getPaths().getPathItems();
      if (others != null) {
        others.forEach(
            (path, item) -> {
              if (!path.startsWith("/{context}")) {
                paths.addPathItem(path, item);
              }
            });
      }
    }
    api.setPaths(paths);
    api.setTags(
        Stream.concat(
                aggregates.all().stream().map(Aggregate::context).distinct(), Stream.of("platform"))
            .map(c -> OASFactory.createTag().name(c))
            .toList());
    Map<String, Schema> all = new TreeMap<>();
    if (components.getSchemas() != null) {
      all.putAll(components.getSchemas());
    }
    all.putAll(schemas.components());
    all.put("CommandAnswer", commandAnswer());
    all.put("History", history());
    all.put("Problem", problem());
    components.setSchemas(all);
    components.setResponses(responses());
    api.setComponents(components);
  }

  private Operation command(Aggregate aggregate, String name, Shape.RecordOf shape) {
    Schema body = schemas.record(shape, aggregate.context());
    String description = Schemas.description(shape.type());
    Operation operation =
        operation(aggregate, name, sentence(name))
            .addParameter(header("Idempotency-Key", "^[\\x21-\\x7e]{1,255}$", KEY))
            .addParameter(header("If-Match", "^(\\*|\"[0-9]+\")$", IF_MATCH))
            .addParameter(header("If-None-Match", "^\\*$", IF_NONE_MATCH))
            .addParameter(header("X-Correlation-ID", "^[\\x21-\\x7e]{1,255}$", CORRELATION))
            .addParameter(header("X-Causation-ID", "^[\\x21-\\x7e]{1,255}$", CAUSATION))
            .requestBody(
                OASFactory.createRequestBody()
                    .required(true)
                    .content(
                        createContent()
                            .addMediaType("application/json", createMediaType().schema(body))));
    if (description != null) {
      operation.setDescription(description);
    }
    operation
        .getResponses()
        .addAPIResponse("200", done("Done; the stream existed, or there was nothing to change."))
        .addAPIResponse("201", done("Done; these are the first events of the stream."))
        .addAPIResponse("409", response("Contended"))
        .addAPIResponse("412", response("Stale"))
        .addAPIResponse("413", response("TooLarge"))
        .addAPIResponse("415", response("UnsupportedMediaType"))
        .addAPIResponse("422", response("Rejected"));
    return operation;
  }

  private static final String KEY =
      "Makes it safe to send the command again: with the same key and the same body it takes effect"
          + " once, and every answer is that of the first time.";
  private static final String IF_MATCH =
      "The ETag of the stream that the command is meant for, or * for any stream with events.";
  private static final String IF_NONE_MATCH = "*: only if the stream has no events yet.";
  private static final String CORRELATION =
      "Stored with each event that the request sets in motion; made up where it is absent.";

  private static final String CAUSATION =
      "What led to the command, such as the id of an event; stored with each event of its own.";

  private Operation state(Aggregate aggregate) {
    Operation operation =
        operation(aggregate, "get", "The state of one " + aggregate.name())
            .addParameter(
                createParameter()
                    .name("at-version")
                    .in(Parameter.In.QUERY)
                    .description("The state as it was at this version.")
                    .schema(number("int64").minimum(java.math.BigDecimal.ONE)));
    Schema body =
        createSchema()
            .addType(SchemaType.OBJECT)
            .addProperty("streamId", text())
            .addProperty("streamVersion", number("int64"))
            .addProperty("state", schemas.state(aggregate.stateType(), aggregate.context()))
            .required(List.of("streamId", "streamVersion", "state"));
    operation
        .getResponses()
        .addAPIResponse("200", versioned(ok("Read from the log: strongly consistent.", body)));
    return operation;
  }

  private Operation history(Aggregate aggregate) {
    Operation operation =
        operation(aggregate, "events", "The history of one " + aggregate.name())
            .addParameter(
                createParameter()
                    .name("after-version")
                    .in(Parameter.In.QUERY)
                    .schema(number("int64").minimum(java.math.BigDecimal.ZERO)))
            .addParameter(
                createParameter()
                    .name("limit")
                    .in(Parameter.In.QUERY)
                    .schema(
                        number("int32")
                            .minimum(java.math.BigDecimal.ONE)
                            .maximum(java.math.BigDecimal.valueOf(1000))
                            .defaultValue(100)));
    operation
        .getResponses()
        .addAPIResponse(
            "200",
            versioned(ok("Events in order.", Schemas.reference("History")))
                .addHeader("Link", head("rel=\"next\": the following page, where there is one.")));
    return operation;
  }

  private static Operation operation(Aggregate aggregate, String name, String summary) {
    return OASFactory.createOperation()
        .operationId(aggregate.context() + "-" + aggregate.name() + "-" + name)
        .summary(summary)
        .addTag(aggregate.context())
        .addParameter(
            createParameter()
                .name("id")
                .in(Parameter.In.PATH)
                .required(true)
                .schema(text().pattern(Identifier.PATTERN)))
        .responses(
            OASFactory.createAPIResponses()
                .addAPIResponse("400", response("Invalid"))
                .addAPIResponse("404", response("NotFound"))
                .addAPIResponse("500", response("Defect"))
                .addAPIResponse("503", response("Unavailable")));
  }

  private static Parameter header(String name, String pattern, String description) {
    return createParameter()
        .name(name)
        .in(Parameter.In.HEADER)
        .description(description)
        .schema(text().pattern(pattern));
  }

  /** {@code place-order} becomes "Place order". */
  private static String sentence(String name) {
    return Character.toUpperCase(name.charAt(0)) + name.substring(1).replace('-', ' ');
  }

  private static APIResponse ok(String description, Schema schema) {
    return createAPIResponse()
        .description(description)
        .content(
            createContent().addMediaType("application/json", createMediaType().schema(schema)));
  }

  private static APIResponse done(String description) {
    return versioned(ok(description, Schemas.reference("CommandAnswer")))
        .addHeader("Location", head("The path of the state."))
        .addHeader("Idempotency-Replayed", head("true: the answer to an earlier request."))
        .addHeader("X-Correlation-ID", head("The correlation id of the events."));
  }

  private static APIResponse versioned(APIResponse response) {
    return response
        .addHeader("ETag", head("The version of the stream, as If-Match takes it."))
        .addHeader(
            "Consistency-Token",
            head("Opaque. A query that carries it waits until it sees this version."));
  }

  static Header head(String description) {
    return createHeader().description(description).schema(text());
  }

  static APIResponse response(String name) {
    return createAPIResponse().ref("#/components/responses/" + name);
  }

  private static Map<String, APIResponse> responses() {
    return Map.of(
        "Invalid",
        problem("The request is malformed; `errors` names each field. Nothing was stored."),
        "NotFound",
        problem("There is no such stream, context, collection or command."),
        "Contended",
        problem("Other commands on the stream were faster each time. Nothing was stored.")
            .addHeader("Retry-After", head("Seconds.")),
        "Stale",
        problem("The precondition does not hold; `currentVersion` tells the version.")
            .addHeader("ETag", head("The current version.")),
        "TooLarge",
        problem("The body, or an event of the command, is too large. Nothing was stored."),
        "UnsupportedMediaType",
        problem("The body must be application/json."),
        "Rejected",
        problem(
            "A rule of the business forbids it: `type` is"
                + " `urn:headrace:rejection:<context>:<reason>`, the reason's values are members."
                + " Or the idempotency key was used for another command."),
        "Defect",
        problem("A defect of the service; `incident` is in its log."),
        "Unavailable",
        problem("A dependency is down; `effect` tells whether something may have been stored.")
            .addHeader("Retry-After", head("Seconds.")));
  }

  private static APIResponse problem(String description) {
    return createAPIResponse()
        .description(description)
        .content(
            createContent()
                .addMediaType(
                    "application/problem+json",
                    createMediaType().schema(Schemas.reference("Problem"))));
  }

  static Schema text() {
    return createSchema().addType(SchemaType.STRING);
  }

  static Schema number(String format) {
    return createSchema().addType(SchemaType.INTEGER).format(format);
  }

  private static Schema commandAnswer() {
    return createSchema()
        .addType(SchemaType.OBJECT)
        .addProperty("streamId", text())
        .addProperty("streamVersion", number("int64").description("After the command."))
        .addProperty(
            "events",
            createSchema()
                .addType(SchemaType.ARRAY)
                .description("The types of the recorded events.")
                .items(text().addExample("ordering.OrderPlaced.v1")))
        .required(List.of("streamId", "streamVersion", "events"));
  }

  private static Schema history() {
    Schema event =
        createSchema()
            .addType(SchemaType.OBJECT)
            .addProperty("id", text())
            .addProperty("streamVersion", number("int64"))
            .addProperty("type", text())
            .addProperty("partitionKey", text())
            .addProperty("recordedAt", text().format("date-time"))
            .addProperty("metadata", createSchema().addType(SchemaType.OBJECT))
            .addProperty("data", createSchema().addType(SchemaType.OBJECT));
    return createSchema()
        .addType(SchemaType.OBJECT)
        .addProperty("streamId", text())
        .addProperty("events", createSchema().addType(SchemaType.ARRAY).items(event))
        .required(List.of("streamId", "events"));
  }

  private static Schema problem() {
    Schema error =
        createSchema()
            .addType(SchemaType.OBJECT)
            .addProperty("field", text())
            .addProperty("message", text());
    return createSchema()
        .addType(SchemaType.OBJECT)
        .description("RFC 9457.")
        .addProperty("type", text().format("uri").description("A stable URN."))
        .addProperty("title", text())
        .addProperty("status", number("int32"))
        .addProperty("detail", text())
        .addProperty("field", text().description("The first field that is wrong."))
        .addProperty("errors", createSchema().addType(SchemaType.ARRAY).items(error))
        .required(List.of("type", "title", "status", "detail"));
  }
}
