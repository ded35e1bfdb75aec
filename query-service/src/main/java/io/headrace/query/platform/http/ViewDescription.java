package io.headrace.query.platform.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.query.platform.view.ResourceView;
import io.headrace.query.platform.view.Sort;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.media.Content;
import org.eclipse.microprofile.openapi.models.media.Schema.SchemaType;

/** Describes the endpoints that one view gets by itself. */
final class ViewDescription<E> {

  private static final String JSON = "application/json";

  private final OpenAPI api;
  private final ResourceView<E, ?, ?> view;
  private final List<String> fields;
  private final PageConfig config;
  private final String type;
  private final Object example;

  ViewDescription(
      OpenAPI api,
      ResourceView<E, ?, ?> view,
      List<String> fields,
      PageConfig config,
      ObjectMapper json) {
    this.api = api;
    this.view = view;
    this.fields = fields;
    this.config = config;
    this.type = view.representation().getSimpleName();
    this.example = json.valueToTree(view.example());
  }

  void add() {
    var row = api.getComponents().getSchemas().get(type);
    if (row != null) {
      row.addProperty(
          Representations.LINKS,
          Schemas.ref(Schemas.LINKS)); // absent in the rows of a page of plain JSON
    }
    addOne();
    addList("list" + Schemas.capital(view.name()), "/" + view.name(), Set.of());
    for (var within : view.within()) {
      var owner = ViewCatalogue.owner(view, within);
      addList(
              "list" + Schemas.capital(view.name()) + "Of" + Schemas.capital(within.collection()),
              "/" + within.collection() + "/{" + owner.name() + "}/" + view.name(),
              Set.of(owner.name()))
          .addParameter(Schemas.inPath(owner.name(), Schemas.of(owner.type())));
    }
  }

  private void addOne() {
    var content = Schemas.content(JSON, Schemas.ref(type), example);
    content.addMediaType(
        HalJson.MEDIA_TYPE, OASFactory.createMediaType().schema(Schemas.ref(type)));
    var one = operation("get" + type, "One " + type.toLowerCase(Locale.ROOT), content);
    one.addParameter(Schemas.inPath(view.key().name(), Schemas.of(view.key().type())));
    one.addParameter(Schemas.fields(fields));
    Schemas.addPath(api, "/" + view.name() + "/{" + view.key().name() + "}", one);
  }

  private Operation addList(String id, String path, Set<String> fixed) {
    var list = operation(id, "Many " + view.name() + ", page by page", pages());
    list.getResponses()
        .getAPIResponse("200")
        .addHeader(
            "Link",
            Schemas.header(
                "The pages beside this one: rel=\"next\" and rel=\"prev\", where there are any (RFC 8288)."));
    for (var filter : view.filters()) {
      if (!fixed.contains(filter.name())) {
        filter.operators().forEach(it -> list.addParameter(Schemas.filter(filter, it)));
      }
    }
    var sorts = view.sorts().stream().map(Sort::parameter).toList();
    list.addParameter(
        Schemas.inQuery(
            PageRequest.SORT,
            "The order; a minus means descending.",
            Schemas.text().enumeration(new ArrayList<>(sorts)).defaultValue(sorts.getFirst())));
    list.addParameter(
        Schemas.inQuery(
            PageRequest.LIMIT,
            "How many at most.",
            OASFactory.createSchema()
                .addType(SchemaType.INTEGER)
                .minimum(java.math.BigDecimal.ONE)
                .maximum(java.math.BigDecimal.valueOf(config.maxSize()))
                .defaultValue(config.size())));
    list.addParameter(
        Schemas.inQuery(
            PageRequest.AFTER, "The cursor of the link to the next page.", Schemas.text()));
    list.addParameter(
        Schemas.inQuery(
            PageRequest.BEFORE, "The cursor of the link to the previous page.", Schemas.text()));
    list.addParameter(
        Schemas.inQuery(
            PageRequest.TOTAL,
            "Whether to count all rows of the list, which costs more than a page does.",
            Schemas.truth().defaultValue(false)));
    list.addParameter(Schemas.fields(fields));
    Schemas.addPath(api, path, list);
    return list;
  }

  private Content pages() {
    var rows = Schemas.array(Schemas.ref(type));
    var total =
        OASFactory.createSchema()
            .addType(SchemaType.INTEGER)
            .format("int64")
            .description("The number of rows in the whole list, if asked for.");
    var plain =
        Schemas.object()
            .addRequired(view.name())
            .addRequired(Representations.LINKS)
            .addProperty(view.name(), rows)
            .addProperty(PageRequest.TOTAL, total)
            .addProperty(Representations.LINKS, Schemas.ref(Schemas.LINKS));
    var hal =
        Schemas.object()
            .addRequired(Representations.LINKS)
            .addRequired(Representations.EMBEDDED)
            .addProperty(Representations.LINKS, Schemas.ref(Schemas.LINKS))
            .addProperty(PageRequest.TOTAL, total)
            .addProperty(
                Representations.EMBEDDED,
                Schemas.object().addRequired(view.name()).addProperty(view.name(), rows));
    var page =
        Map.of(
            view.name(),
            List.of(example),
            Representations.LINKS,
            Map.of("self", Map.of("href", "/" + view.name())));
    var content = Schemas.content(JSON, plain, page);
    content.addMediaType(HalJson.MEDIA_TYPE, OASFactory.createMediaType().schema(hal));
    return content;
  }

  private Operation operation(String id, String summary, Content content) {
    return OASFactory.createOperation()
        .operationId(id)
        .summary(summary)
        .addTag(view.name())
        .responses(
            OASFactory.createAPIResponses()
                .addAPIResponse(
                    "200",
                    OASFactory.createAPIResponse()
                        .description("As far as the view has come.")
                        .content(content)));
  }
}
