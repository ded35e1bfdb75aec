package io.headrace.query.platform.http;

import io.headrace.query.platform.view.ExportableView;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.models.OpenAPI;

/** Describes the export of one view. */
record ExportDescription(OpenAPI api, ExportableView<?, ?, ?> view, List<String> fields) {

  void add() {
    var content = Schemas.content("application/x-ndjson", Schemas.ref(type()), null);
    content.addMediaType("text/csv", OASFactory.createMediaType().schema(Schemas.text()));
    var answer =
        OASFactory.createAPIResponse()
            .description(
                "All rows as of one moment, in the order of the key: one JSON object a line, or one line of CSV. An export that breaks ends with a line that says so, and its transfer is incomplete.")
            .content(content);
    var export =
        OASFactory.createOperation()
            .operationId("export" + Schemas.capital(view.name()))
            .summary("All " + view.name() + ", for a report")
            .addTag(view.name())
            .responses(OASFactory.createAPIResponses().addAPIResponse("200", answer));
    export.addParameter(
        Schemas.inQuery(
                ExportRoute.FORMAT,
                "How rows are written.",
                Schemas.text().enumeration(new ArrayList<>(ExportRoute.FORMATS)))
            .required(true));
    for (var filter : view.filters()) {
      filter.operators().forEach(it -> export.addParameter(Schemas.filter(filter, it)));
    }
    export.addParameter(Schemas.fields(fields));
    Schemas.addPath(api, "/views/" + view.name() + "/export", export);
  }

  private String type() {
    var schema = view.representation().getAnnotation(Schema.class);
    return schema == null || schema.name().isEmpty()
        ? view.representation().getSimpleName()
        : schema.name();
  }
}
