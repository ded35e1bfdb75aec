package io.headrace.command.platform.openapi;

import static org.eclipse.microprofile.openapi.OASFactory.createAPIResponse;
import static org.eclipse.microprofile.openapi.OASFactory.createAPIResponses;
import static org.eclipse.microprofile.openapi.OASFactory.createContent;
import static org.eclipse.microprofile.openapi.OASFactory.createMediaType;
import static org.eclipse.microprofile.openapi.OASFactory.createOperation;
import static org.eclipse.microprofile.openapi.OASFactory.createParameter;
import static org.eclipse.microprofile.openapi.OASFactory.createPathItem;
import static org.eclipse.microprofile.openapi.OASFactory.createRequestBody;
import static org.eclipse.microprofile.openapi.OASFactory.createSchema;

import java.util.List;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.Paths;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;

/** What is served whatever the contexts are: many commands at once, and the log. */
final class PlatformApi {

  private static final String NDJSON = "application/x-ndjson";

  private PlatformApi() {}

  static void addTo(Paths paths) {
    paths.addPathItem("/commands", createPathItem().POST(commands()));
    paths.addPathItem("/log", createPathItem().GET(log()));
    paths.addPathItem("/log/streams/{streamId}", createPathItem().GET(stream()));
  }

  private static Operation commands() {
    Operation operation =
        operation(
                "commands",
                "Many commands at once",
                "Each line of the request is a command, each line of the answer its outcome, in the"
                    + " order of the request. Commands for one stream are decided in that order; a"
                    + " command that is refused does not keep back those behind it. Answers come"
                    + " while the request is still being sent, and a client that does not take them"
                    + " is not read any further. If the connection breaks, what was sent may or may"
                    + " not have been carried out: with an idempotencyKey on each line all of it can"
                    + " be sent again.")
            .requestBody(
                createRequestBody()
                    .required(true)
                    .content(
                        createContent()
                            .addMediaType(NDJSON, createMediaType().schema(commandLine()))));
    operation
        .getResponses()
        .addAPIResponse(
            "200",
            createAPIResponse()
                .description("One line for each command.")
                .content(createContent().addMediaType(NDJSON, createMediaType().schema(outcome()))))
        .addAPIResponse("415", CommandApi.response("UnsupportedMediaType"));
    return operation;
  }

  private static Operation log() {
    Operation operation =
        operation(
                "log",
                "The events of the log",
                "One snapshot, by stream id and version: the order within a stream is that of its"
                    + " events, across streams it is not the order of recording. The last line tells"
                    + " that the answer is complete; without it, go on after the last event.")
            .addParameter(
                query("context", "Only events of this context; may be repeated.")
                    .schema(createSchema().addType(SchemaType.ARRAY).items(CommandApi.text())))
            .addParameter(
                query("after", "The id of the last event that was received: go on behind it.")
                    .schema(CommandApi.text()));
    operation.getResponses().addAPIResponse("200", events());
    return operation;
  }

  private static Operation stream() {
    Operation operation =
        operation(
                "log-stream",
                "The events of one stream",
                "As they stand in the log, none if there is no such stream.")
            .addParameter(
                createParameter()
                    .name("streamId")
                    .in(Parameter.In.PATH)
                    .required(true)
                    .schema(CommandApi.text().addExample("order-4711")))
            .addParameter(
                query("after", "Only events behind this version.")
                    .schema(CommandApi.number("int64")));
    operation.getResponses().addAPIResponse("200", events());
    return operation;
  }

  private static Operation operation(String id, String summary, String description) {
    return createOperation()
        .operationId(id)
        .summary(summary)
        .description(description)
        .addTag("platform")
        .responses(
            createAPIResponses()
                .addAPIResponse("400", CommandApi.response("Invalid"))
                .addAPIResponse("500", CommandApi.response("Defect"))
                .addAPIResponse("503", CommandApi.response("Unavailable")));
  }

  private static Parameter query(String name, String description) {
    return createParameter().name(name).in(Parameter.In.QUERY).description(description);
  }

  private static org.eclipse.microprofile.openapi.models.responses.APIResponse events() {
    return createAPIResponse()
        .description("One line for each event, and {\"end\":true,\"events\":n} at the end.")
        .addHeader(
            "Log-Events-Estimate", CommandApi.head("About how many events the whole log has."))
        .content(createContent().addMediaType(NDJSON, createMediaType().schema(event())));
  }

  private static Schema commandLine() {
    return createSchema()
        .addType(SchemaType.OBJECT)
        .addProperty(
            "path",
            CommandApi.text()
                .description("/{context}/{collection}/{id}/{command}")
                .addExample("/ordering/orders/4711/confirm-order"))
        .addProperty("body", createSchema().addType(SchemaType.OBJECT))
        .addProperty("idempotencyKey", CommandApi.text())
        .addProperty("ifMatch", CommandApi.text().description("As the header If-Match."))
        .addProperty("ifNoneMatch", CommandApi.text().description("As the header If-None-Match."))
        .addProperty("correlationId", CommandApi.text())
        .required(List.of("path"));
  }

  private static Schema outcome() {
    return createSchema()
        .addType(SchemaType.OBJECT)
        .addProperty("line", CommandApi.number("int64").description("Of the request, from 1."))
        .addProperty(
            "status", CommandApi.number("int32").description("As for the one command alone."))
        .addProperty("headers", createSchema().addType(SchemaType.OBJECT))
        .addProperty("body", createSchema().addType(SchemaType.OBJECT))
        .required(List.of("line", "status", "headers", "body"));
  }

  private static Schema event() {
    return createSchema()
        .addType(SchemaType.OBJECT)
        .addProperty("id", CommandApi.text().addExample("order-4711@3"))
        .addProperty("context", CommandApi.text())
        .addProperty("streamId", CommandApi.text())
        .addProperty("streamVersion", CommandApi.number("int64"))
        .addProperty("type", CommandApi.text().addExample("ordering.OrderConfirmed.v1"))
        .addProperty("partitionKey", CommandApi.text())
        .addProperty("recordedAt", CommandApi.text().format("date-time"))
        .addProperty("metadata", createSchema().addType(SchemaType.OBJECT))
        .addProperty("data", createSchema().addType(SchemaType.OBJECT));
  }
}
