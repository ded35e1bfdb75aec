package io.headrace.query.platform.http;

import io.headrace.query.platform.view.ResourceView;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;

/** Tells of a view's paths that they can be watched. */
final class LiveOpenApi {

  private static final String EXAMPLE =
      """
      id: MS8wMDAwMDAwMS8…
      event: state
      data: {"rows":[…],"more":false}

      id: MS8wMDAwMDAwMi8…
      event: change
      data: {"rows":[…],"gone":["…"]}

      """;

  private LiveOpenApi() {}

  static void describe(OpenAPI api, ResourceView<?, ?, ?> view) {
    var paths = new ArrayList<>(List.of("/" + view.name()));
    paths.add("/" + view.name() + "/{" + view.key().name() + "}");
    for (var within : view.within()) {
      paths.add("/" + within.collection() + "/{" + within.attribute() + "}/" + view.name());
    }
    for (var path : paths) {
      var get = api.getPaths().getPathItem(path).getGET();
      get.addParameter(
          OASFactory.createParameter()
              .name("Last-Event-ID")
              .in(Parameter.In.HEADER)
              .description(
                  "Of the last server-sent event that the client has got: it is told what has changed since.")
              .schema(OASFactory.createSchema().addType(SchemaType.STRING)));
      get.getResponses()
          .getAPIResponse("200")
          .getContent()
          .addMediaType(
              "text/event-stream",
              OASFactory.createMediaType()
                  .schema(
                      OASFactory.createSchema()
                          .addType(SchemaType.STRING)
                          .description(
                              "The present state, and then every change. 'state': these rows take the place of all that the client has. 'change': these rows are new or have changed, and those with the keys in 'gone' are not in the query any more. 'reset': why another state follows. 'end': why the stream ends."))
                  .example(EXAMPLE));
    }
  }
}
